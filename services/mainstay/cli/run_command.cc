#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "commands.h"
#include "embedded_process.h"
#include "invocation.h"
#include "mainstay/telemetry/log.h"

namespace mainstay::cli {
namespace {

using telemetry::LogKey;
using telemetry::Severity;

// Signals are taken by the main thread only; every other thread inherits the mask.
sigset_t BlockStopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

constexpr timespec kHealthPoll{1, 0};

struct RunOptions {
  std::string listen = "127.0.0.1:7400";
  std::string clock;
};

int Run(Invocation& invocation, const RunOptions& run) {
  const sigset_t signals = BlockStopSignals();
  app::EmbeddedOptions options;
  options.directory = invocation.DataDirectory();
  options.new_with_data_clock = run.clock == "data";
  auto process = EmbeddedProcess::Start(options, run.listen);
  if (!process) return invocation.Report(process.error());
  const std::string clock = (*process)->system().ClockName();
  if (!run.clock.empty() && run.clock != clock) {
    return invocation.Report({ErrorCode::kInvalidArgument,
                              Recovery::kStopTask,
                              options.directory.string() + " runs on the " + clock +
                                  " clock; a directory keeps its clock (see `mainstay clock to-wall`)",
                              {}});
  }
  telemetry::Log(Severity::kInfo, "started",
                 {{LogKey::kAddress, (*process)->address()},
                  {LogKey::kDirectory, options.directory.string()},
                  {LogKey::kClock, clock},
                  {LogKey::kPid, static_cast<std::int64_t>(getpid())}});
  fmt::print("Mainstay serves {} on {} ({} clock). Ctrl-C stops it.\n", options.directory.string(),
             (*process)->address(), clock);
  std::fflush(stdout);
  std::optional<Error> failure;
  for (int signal = -1; signal < 0 && !failure; failure = (*process)->system().failure()) {
    signal = sigtimedwait(&signals, nullptr, &kHealthPoll);
  }
  telemetry::Log(Severity::kInfo, "stopping", {{LogKey::kPid, static_cast<std::int64_t>(getpid())}});
  const Result<void> stopped = (*process)->Stop();
  if (failure || !stopped) {
    (void)invocation.Report(failure ? *failure : stopped.error());
    return kFailed;
  }
  return kDone;
}

}  // namespace

void AddRunCommand(CLI::App& app, Invocation& invocation) {
  auto* command = app.add_subcommand("run", "The three services in one process, no broker");
  command->footer("Example: mainstay run --data var/practice");
  auto options = std::make_shared<RunOptions>();
  command->add_option("--listen", options->listen, "HOST:PORT to serve gRPC on")->capture_default_str();
  command->add_option("--clock", options->clock, "Of a new directory (default: wall)")
      ->check(CLI::IsMember({"wall", "data"}));
  command->callback(
      [&invocation, options] { invocation.Choose([&invocation, options] { return Run(invocation, *options); }); });
}

}  // namespace mainstay::cli
