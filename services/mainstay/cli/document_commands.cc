#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "commands.h"
#include "invocation.h"

// What the command line says of itself: help, the man page, completion. All are read off the commands, so they
// cannot name one that does not exist.
namespace mainstay::cli {
namespace {

std::vector<const CLI::App*> Subcommands(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

// Every command with the words that lead to it ("policy get"), parents first; the application has none.
struct Place {
  std::string path;
  const CLI::App* command;
};

void Collect(const std::string& path, const CLI::App& command, std::vector<Place>& places) {
  places.push_back({path, &command});
  for (const CLI::App* sub : Subcommands(command)) {
    Collect(path.empty() ? sub->get_name() : path + " " + sub->get_name(), *sub, places);
  }
}

std::vector<Place> AllPlaces(const CLI::App& app) {
  std::vector<Place> places;
  Collect("", app, places);
  return places;
}

// ---- man page

std::string Roff(std::string text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\') {
      escaped += "\\\\";
    } else if (c == '-') {
      escaped += "\\-";
    } else {
      escaped += c;
    }
  }
  if (!escaped.empty() && (escaped.front() == '.' || escaped.front() == '\'')) escaped.insert(0, "\\&");
  return escaped;
}

std::string RoffOptions(const CLI::App& command) {
  std::string text;
  for (const CLI::Option* option : command.get_options()) {
    const std::string name = option->get_name(true, true);
    if (name == "-h,--help" || option->get_group().empty()) continue;
    const std::string type = option->get_items_expected_max() > 0 ? " " + option->get_type_name() : "";
    text += fmt::format(".TP\n.B {}{}\n{}\n", Roff(name), Roff(type), Roff(option->get_description()));
  }
  return text;
}

std::string RoffFooter(const CLI::App& command) {
  std::string text;
  std::string footer = command.get_footer();
  for (std::size_t begin = 0; begin < footer.size();) {
    const std::size_t end = std::min(footer.find('\n', begin), footer.size());
    if (end > begin) text += ".PP\n" + Roff(footer.substr(begin, end - begin)) + "\n";
    begin = end + 1;
  }
  return text;
}

std::string ManPage(const CLI::App& app) {
  std::string page = fmt::format(".TH MAINSTAY 1 \"\" \"Mainstay {}\"\n.SH NAME\nmainstay \\- client retention\n",
                                 Roff(MAINSTAY_VERSION));
  page += ".SH SYNOPSIS\n.B mainstay\n.I COMMAND\n[options]\n.SH DESCRIPTION\n" + Roff(app.get_description()) + "\n";
  page += ".SH OPTIONS OF EVERY COMMAND\n" + RoffOptions(app) + ".SH COMMANDS\n";
  for (const Place& place : AllPlaces(app)) {
    if (place.path.empty()) continue;
    page += fmt::format(".SS mainstay {}\n{}\n", Roff(place.path), Roff(place.command->get_description()));
    page += RoffOptions(*place.command) + RoffFooter(*place.command);
  }
  page += ".SH EXIT STATUS\n";
  for (const auto& [code, meaning] : {std::pair{kDone, "done"},
                                      {kRefused, "done, but something was refused or not found"},
                                      {kWrongUsage, "wrong usage"},
                                      {kUnreachable, "a system cannot be reached or opened"},
                                      {kFailed, "the system failed"}}) {
    page += fmt::format(".TP\n.B {}\n{}\n", code, meaning);
  }
  return page +
         ".SH ENVIRONMENT\n.TP\n.B MAINSTAY_SERVER\nAddress of the system to ask, HOST:PORT\n.TP\n.B MAINSTAY_DATA\n"
         "Data directory of the embedded system\n.TP\n.B NO_COLOR\nNo colour on a terminal\n";
}

// ---- completion

std::vector<std::string> LongOptions(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

// What may follow `place`: its subcommands, its options and those of every command.
std::string Words(const Place& place, const CLI::App& app) {
  std::vector<std::string> words;
  for (const CLI::App* sub : Subcommands(*place.command)) words.push_back(sub->get_name());
  for (const std::string& name : LongOptions(*place.command)) words.push_back(name);
  if (place.command != &app) {
    for (const std::string& name : LongOptions(app)) {
      if (std::find(words.begin(), words.end(), name) == words.end()) words.push_back(name);
    }
  }
  return fmt::format("{}", fmt::join(words, " "));
}

std::string BashCompletion(const CLI::App& app) {
  std::string steps;
  std::string words;
  for (const Place& place : AllPlaces(app)) {
    if (!place.path.empty()) steps += (steps.empty() ? "'" : "|'") + place.path + "'";
    words += fmt::format("    '{}') words='{}' ;;\n", place.path, Words(place, app));
  }
  return fmt::format(R"bash(# bash completion of mainstay: eval "$(mainstay completion bash)"
_mainstay() {{
  local path='' word words step
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    step="${{path:+$path }}$word"
    case "$step" in {}) path="$step" ;; esac
  done
  case "$path" in
{}  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "${{COMP_WORDS[COMP_CWORD]}}")
}}
complete -o default -F _mainstay mainstay
)bash",
                     steps, words);
}

std::string ZshCompletion(const CLI::App& app) {
  return "#compdef mainstay\n# zsh completion of mainstay, through its bash completion: eval \"$(mainstay completion "
         "zsh)\"\n"
         "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n" +
         BashCompletion(app);
}

std::string FishQuoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' || c == '\\' ? std::string{'\\', c} : std::string{c};
  return quoted + "'";
}

std::string FishCompletion(const CLI::App& app) {
  std::string text = "# fish completion of mainstay: mainstay completion fish | source\n";
  for (const Place& place : AllPlaces(app)) {
    std::string when;
    if (!place.path.empty()) when = fmt::format(" -n '__fish_seen_subcommand_from {}'", place.path);
    const std::string before = place.path.empty() ? " -n __fish_use_subcommand" : when;
    for (const CLI::App* sub : Subcommands(*place.command)) {
      text += fmt::format("complete -c mainstay{} -f -a {} -d {}\n", before, sub->get_name(),
                          FishQuoted(sub->get_description()));
    }
    for (const CLI::Option* option : place.command->get_options()) {
      const char* value = option->get_items_expected_max() > 0 ? " -r" : "";
      for (const std::string& name : option->get_lnames()) {
        text += fmt::format("complete -c mainstay{} -l {}{} -d {}\n", when, name, value,
                            FishQuoted(option->get_description()));
      }
    }
  }
  return text;
}

std::string Completion(const std::string& shell, const CLI::App& app) {
  if (shell == "bash") return BashCompletion(app);
  if (shell == "zsh") return ZshCompletion(app);
  return FishCompletion(app);
}

void Print(const std::string& text) { fmt::print("{}", text); }

}  // namespace

void AddDocumentCommands(CLI::App& app, Invocation& invocation) {
  auto* help = app.add_subcommand("help", "Show this list, or the help of a command");
  help->footer("Example: mainstay help policy set");
  auto topic = std::make_shared<std::vector<std::string>>();
  help->add_option("COMMAND", *topic, "A command");
  help->callback([&app, &invocation, topic] {
    const CLI::App* asked = &app;
    std::string before;
    for (const std::string& word : *topic) {
      before += (before.empty() ? "" : " ") + asked->get_name();
      asked = asked->get_subcommand(word);
    }
    invocation.Choose([&app, asked, before] {
      Print(app.get_formatter()->make_help(asked, before.empty() ? app.get_name() : before + " " + asked->get_name(),
                                           CLI::AppFormatMode::Normal));
      return kDone;
    });
  });
  auto* man = app.add_subcommand("man", "Print the manual page");
  man->footer("Example: mainstay man > mainstay.1 && man ./mainstay.1");
  man->callback([&app, &invocation] {
    invocation.Choose([&app] {
      Print(ManPage(app));
      return kDone;
    });
  });
  auto* completion = app.add_subcommand("completion", "Print the completion script of a shell");
  auto shell = std::make_shared<std::string>();
  completion->add_option("SHELL", *shell, "The shell")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  completion->footer("Example: eval \"$(mainstay completion bash)\"");
  completion->callback([&app, &invocation, shell] {
    invocation.Choose([&app, shell] {
      Print(Completion(*shell, app));
      return kDone;
    });
  });
}

}  // namespace mainstay::cli
