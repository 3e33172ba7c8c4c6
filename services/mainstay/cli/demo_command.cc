#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "application.h"
#include "commands.h"
#include "demo/practice.h"
#include "embedded_process.h"
#include "invocation.h"

namespace mainstay::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDefaultDirectory = "./var/demo";
constexpr const char* kMarker = "SYNTHETIC";  // A directory with this file was made by `mainstay demo`.
constexpr const char* kMarkerText = "Made by `mainstay demo`: everything in here is synthetic.\n";

struct DemoOptions {
  std::string directory = kDefaultDirectory;
  std::string out;
  std::uint64_t seed = demo::kDefaultSeed;
  bool force = false;
};

Result<std::string> ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return Fail(ErrorCode::kUnavailable, "cannot read " + path.string());
  return text.str();
}

Result<void> WriteFile(const fs::path& path, const std::string& text) {
  std::error_code error;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  out.flush();
  if (!out) return Fail(ErrorCode::kUnavailable, "cannot write " + path.string());
  return {};
}

// Removes what an earlier demo left. Opening it first proves that nobody uses it.
Result<void> RemoveOwn(const fs::path& directory) {
  const auto marker = ReadFile(directory / kMarker);
  if (!marker || *marker != kMarkerText) {
    return Fail(ErrorCode::kFailedPrecondition,
                directory.string() + " was not made by `mainstay demo`; name another directory with --data");
  }
  app::EmbeddedOptions options;
  options.directory = directory;
  options.create = false;
  if (fs::exists(directory / "LOCK")) {
    MAINSTAY_TRY_ASSIGN(process, EmbeddedProcess::Start(options, {}));
    MAINSTAY_TRY(process->Stop());
  }
  std::error_code error;
  fs::remove_all(directory, error);
  if (error) return Fail(ErrorCode::kUnavailable, "cannot remove " + directory.string() + ": " + error.message());
  return {};
}

Error Exists(const std::string& directory) {
  return {ErrorCode::kFailedPrecondition,
          Recovery::kStopTask,
          directory + " exists already; look at it (mainstay pareto --data " + directory +
              "), name another with --data, or start anew with --force",
          {}};
}

// A new directory on the `data` clock, marked before anything is in it: also what is cut short is known as a demo's.
Result<void> MakeDirectory(const DemoOptions& options) {
  const fs::path directory = options.directory;
  if (fs::exists(directory)) MAINSTAY_TRY(RemoveOwn(directory));
  app::EmbeddedOptions empty;
  empty.directory = directory;
  empty.new_with_data_clock = true;
  MAINSTAY_TRY_ASSIGN(process, EmbeddedProcess::Start(empty, {}));
  MAINSTAY_TRY(process->Stop());
  return WriteFile(directory / kMarker, kMarkerText);
}

Result<std::string> WriteEvents(const DemoOptions& options) {
  Random random{options.seed};
  MAINSTAY_TRY_ASSIGN(lines, demo::ToJsonLines(demo::MakePractice(random)));
  const std::string path = options.out.empty() ? options.directory + ".jsonl" : options.out;
  if (fs::exists(path) && !options.force) {
    MAINSTAY_TRY_ASSIGN(present, ReadFile(path));
    if (present == lines) return path;
    return Fail(ErrorCode::kFailedPrecondition, path +
                                                    " exists with other content; --out names another, --force "
                                                    "writes over it");
  }
  MAINSTAY_TRY(WriteFile(path, lines));
  return path;
}

// One command line, exactly as a person would type it.
int RunLine(std::vector<std::string> words) {
  words.insert(words.begin(), "mainstay");
  std::vector<char*> arguments;
  arguments.reserve(words.size());
  for (std::string& word : words) arguments.push_back(word.data());
  return RunApplication(static_cast<int>(arguments.size()), arguments.data());
}

struct Stop {
  const char* title;
  std::vector<std::string> command;
};

const std::vector<Stop>& Tour() {
  static const std::vector<Stop> tour = {
      {"Who matters most: the Pareto line", {"pareto", "--limit", "10"}},
      {"The check-up: six questions", {"checkup"}},
      {"Who is about to leave, and why", {"risks", "--limit", "10"}},
      {"Whom Ann calls today", {"calls", "--rep", "ann", "--limit", "10"}},
      {"How much work that is", {"workload"}},
      {"What Sue of support may offer, and why", {"inbox", "--rep", "sue"}},
      {"The last two churn-risk events, as other systems get them",
       {"events", "--type", "mainstay.risk.*", "--last", "2"}},
  };
  return tour;
}

void PrintWhatToTry(const std::string& directory) {
  fmt::print("\nEverything above is synthetic. Try next (each takes --json, and --help):\n");
  for (const char* command : {"client alder-bakery --explain", "clients --tier A --limit 20", "risks --level HIGH",
                              "calls --rep ben --all", "inbox --rep tom", "dead-letters list",
                              "events --type 'mainstay.prompt.*' --last 3", "policy set --tiers 'split 20/20/60'"}) {
    fmt::print("  mainstay {} --data {}\n", command, directory);
  }
}

int Demo(Invocation& invocation, const DemoOptions& options) {
  if (fs::exists(options.directory) && !options.force) return invocation.Report(Exists(options.directory));
  const auto file = WriteEvents(options);
  if (!file) return invocation.Report(file.error());
  if (const auto made = MakeDirectory(options); !made) return invocation.Report(made.error());
  const std::vector<std::string> import = {"import", *file, "--format", "events", "--data", options.directory};
  if (invocation.json()) {
    std::vector<std::string> words = import;
    words.emplace_back("--json");
    return RunLine(words);
  }
  fmt::print(
      "A SYNTHETIC practice of {} clients (seed {}): nobody and nothing in it is real.\n"
      "Its events: {}   Replayed into: {}\n\n== Import\n\n",
      demo::kClients, options.seed, *file, options.directory);
  std::fflush(stdout);
  int worst = RunLine(import);
  if (worst > kRefused) return worst;
  for (const Stop& stop : Tour()) {
    std::vector<std::string> words = stop.command;
    fmt::print("\n== {}   (mainstay {} --data {})\n\n", stop.title, fmt::join(words, " "), options.directory);
    std::fflush(stdout);
    words.insert(words.end(), {"--data", options.directory});
    worst = std::max(worst, RunLine(words));
  }
  PrintWhatToTry(options.directory);
  return worst;
}

}  // namespace

void AddDemoCommand(CLI::App& app, Invocation& invocation) {
  auto* command = app.add_subcommand("demo", "A synthetic practice of 200 clients that shows every feature");
  command->footer("Example: mainstay demo --data var/demo");
  auto options = std::make_shared<DemoOptions>();
  command->add_option("--seed", options->seed, "Another practice of the same kind")->capture_default_str();
  command->add_option("--out", options->out, "Where its events are written (default: DIR.jsonl)");
  command->add_flag("--force", options->force, "Replace the directory of an earlier demo");
  command->callback([&app, &invocation, options] {
    if (app.count("--data") > 0) options->directory = app.get_option("--data")->as<std::string>();
    while (options->directory.size() > 1 && options->directory.back() == '/') options->directory.pop_back();
    invocation.Choose([&invocation, options] { return Demo(invocation, *options); });
  });
}

}  // namespace mainstay::cli
