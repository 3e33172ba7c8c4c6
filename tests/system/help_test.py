"""What the command line says of itself is true: every command has a help with an example, a place in the manual page
and in the completion."""

import re
import shutil
import subprocess
import unittest

from mainstay_binary import SystemTest


class HelpTest(SystemTest):
    def commands(self):
        listed = self.run_command("help")
        self.assertEqual(listed.code, 0, listed)
        names = re.findall(r"^  ([a-z][a-z-]+)  ", listed.out.split("Subcommands:")[1], re.MULTILINE)
        self.assertIn("pareto", names)
        return names

    def test_every_command_has_a_help_with_an_example(self):
        for name in self.commands():
            with self.subTest(name):
                asked = self.run_command(name, "--help")
                self.assertEqual(asked.code, 0, asked)
                self.assertIn(f"Usage: mainstay {name}", asked.out)
                self.assertTrue("Example: mainstay" in asked.out or "Example: eval" in asked.out, asked)
                self.assertEqual(self.run_command("help", name).out, asked.out)

    def test_the_manual_page_names_every_command(self):
        page = self.run_command("man").out
        for name in self.commands():
            self.assertIn(f".SS mainstay {name}".replace("-", "\\-"), page)
        groff = shutil.which("groff")
        if groff:
            said = subprocess.run([groff, "-man", "-Tascii", "-ww", "-z"], input=page.encode(), capture_output=True)
            self.assertEqual((said.returncode, said.stderr), (0, b""))

    def test_bash_completes_commands_and_options(self):
        script = self.run_command("completion", "bash").out
        for words, wanted in ((["pare"], ["pareto"]), (["policy", ""], ["get", "set"]),
                              (["pareto", "--lim"], ["--limit"])):
            typed = " ".join(f"'{word}'" for word in ["mainstay", *words])
            asked = f"{script}\nCOMP_WORDS=({typed}); COMP_CWORD={len(words)}; _mainstay; echo ${{COMPREPLY[@]}}"
            out = subprocess.run(["bash", "-c", asked], capture_output=True, check=True).stdout.decode().split()
            self.assertTrue(set(wanted) <= set(out), (words, out))

    def test_the_other_shells_get_a_script_and_an_unknown_one_a_refusal(self):
        for shell in ("zsh", "fish"):
            self.assertIn("pareto", self.run_command("completion", shell).out)
        self.assert_one_line(self.run_command("completion", "tcsh"), 2, "tcsh", "bash")


if __name__ == "__main__":
    unittest.main()
