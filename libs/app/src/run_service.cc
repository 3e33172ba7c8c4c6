#include "mainstay/app/run_service.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <pthread.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <thread>

#include "mainstay/app/config_file.h"
#include "mainstay/app/kafka_system.h"
#include "mainstay/app/process_settings.h"
#include "mainstay/config/v1/process.pb.h"
#include "mainstay/rpc/routing_server.h"
#include "mainstay/rpc/server.h"
#include "mainstay/telemetry/http_pages.h"
#include "mainstay/telemetry/log.h"

// Read by jemalloc, where it is linked: freed pages go back within a second instead of ten, so that a burst of traffic
// does not stay with the process, and threads of one processor share an arena, so that what one shard's transaction
// frees serves the next shard's. MALLOC_CONF still wins.
extern "C" {
extern const char* const malloc_conf;
const char* const malloc_conf = "percpu_arena:percpu,dirty_decay_ms:1000,muzzy_decay_ms:0";
}

namespace mainstay::app {
namespace {

using telemetry::LogKey;
using telemetry::Severity;

constexpr int kDone = 0;
constexpr int kWrongUsage = 2;
constexpr int kCannotOpen = 3;
constexpr int kFailed = 4;
constexpr Duration kGrace = std::chrono::seconds{5};
constexpr timespec kWatch{1, 0};

constexpr telemetry::Family kBuildInfo{"mainstay_build_info", "What runs here; always 1."};
constexpr telemetry::Family kHandled{"grpc_server_handled_total", "Calls that ended, by method and status code."};
constexpr telemetry::Family kHandling{"grpc_server_handling_seconds", "Duration of calls, streams included."};

struct Options {
  std::string file;
  std::vector<std::string> overrides;
  bool check = false;
  bool print = false;
};

// Before any thread starts, so that all inherit it and the signals come to sigtimedwait.
sigset_t BlockStopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

config::v1::ProcessConfig& ProcessOf(google::protobuf::Message& config) {
  const auto* field = config.GetDescriptor()->FindFieldByName("process");
  return static_cast<config::v1::ProcessConfig&>(*config.GetReflection()->MutableMessage(&config, field));
}

Result<ProcessSettings> Load(const Options& options, ServiceProgram& program) {
  if (!options.file.empty()) MAINSTAY_TRY(MergeFile(options.file, *program.config));
  for (const std::string& assignment : options.overrides) MAINSTAY_TRY(Override(assignment, *program.config));
  FillDefaults(program.service, ProcessOf(*program.config));
  return CheckSettings(ProcessOf(*program.config));
}

// One running process. Members are destroyed in the reverse order: doors close before what they talk to.
class Process {
 public:
  Result<void> Start(const ProcessSettings& settings, ServiceProgram& program);
  // Returns the exit code.
  int RunUntil(const sigset_t& signals);
  [[nodiscard]] std::string Greeting() const;

 private:
  void ShowHealth(const telemetry::HealthState& state);
  void ShutDown();

  ProcessSettings settings_;
  std::string service_;
  telemetry::Metrics metrics_;
  telemetry::Health health_;
  std::unique_ptr<KafkaSystem> system_;
  std::unique_ptr<rpc::Server> inner_;
  std::unique_ptr<rpc::RoutingServer> server_;
  std::unique_ptr<rpc::HealthServer> health_server_;
  std::unique_ptr<telemetry::HttpPages> pages_;
};

Result<void> Process::Start(const ProcessSettings& settings, ServiceProgram& program) {
  settings_ = settings;
  service_ = program.service;
  telemetry::SetLogSeverity(settings.log_severity);
  metrics_.Set(kBuildInfo, {{"service", service_}, {"version", MAINSTAY_VERSION}}, 1);
  MAINSTAY_TRY_ASSIGN(module, program.make_module(settings.cluster.installation, *program.config));
  MAINSTAY_TRY_ASSIGN(system,
                      KafkaSystem::Open(settings, std::move(module), std::move(program.format), {&metrics_, &health_}));
  system_ = std::move(system);
  MAINSTAY_TRY_ASSIGN(inner, rpc::Server::Start({}, system_->services()));
  inner_ = std::move(inner);
  const auto local = inner_->InProcessChannel();
  const auto route = [this, local](const rpc::RoutedCall& call) { return system_->RouteCall(call, local); };
  const auto observe = [this](const std::string& method, const std::string& code, double seconds) {
    metrics_.Count(kHandled, {{"grpc_method", method}, {"grpc_code", code}});
    metrics_.Observe(kHandling, {{"grpc_method", method}}, seconds);
  };
  MAINSTAY_TRY_ASSIGN(server, rpc::RoutingServer::Start(settings.listen, route, observe));
  server_ = std::move(server);
  if (!settings.health_listen.empty()) {
    MAINSTAY_TRY_ASSIGN(health_server, rpc::HealthServer::Start(settings.health_listen));
    health_server_ = std::move(health_server);
  }
  ShowHealth(health_.state());
  health_.OnChange([this](const telemetry::HealthState& state) { ShowHealth(state); });
  if (!settings.metrics_listen.empty()) {
    MAINSTAY_TRY_ASSIGN(pages, telemetry::HttpPages::Start(settings.metrics_listen, metrics_, health_));
    pages_ = std::move(pages);
  }
  system_->Join(settings.address.empty() ? server_->address() : settings.address);
  return {};
}

void Process::ShowHealth(const telemetry::HealthState& state) {
  const auto show = [&](auto& server) {
    server.SetHealth("live", true);
    server.SetHealth("started", state.started);
    server.SetHealth("ready", state.ready);
    server.SetHealth("", state.ready);
  };
  show(*server_);
  if (health_server_) show(*health_server_);
}

std::string Process::Greeting() const {
  return fmt::format("mainstay-{} serves gRPC on {}{}; Kafka at {}, {} partitions, {} clock.", service_,
                     server_->address(), pages_ ? ", metrics on " + pages_->address() : "", settings_.cluster.brokers,
                     settings_.partitions, settings_.data_clock ? "data" : "wall");
}

int Process::RunUntil(const sigset_t& signals) {
  telemetry::Log(Severity::kInfo, "started",
                 {{LogKey::kService, service_},
                  {LogKey::kAddress, server_->address()},
                  {LogKey::kDirectory, settings_.state_directory.string()},
                  {LogKey::kClock, std::string(settings_.data_clock ? "data" : "wall")},
                  {LogKey::kVersion, std::string(MAINSTAY_VERSION)},
                  {LogKey::kPid, static_cast<std::int64_t>(getpid())}});
  std::optional<Error> failure;
  for (int signal = -1; signal < 0 && !failure; failure = system_->failure()) {
    signal = sigtimedwait(&signals, nullptr, &kWatch);
  }
  if (failure) {
    telemetry::Log(Severity::kError, "failed", {{LogKey::kService, service_}, {LogKey::kMessage, failure->message}});
    fmt::print(stderr, "mainstay-{}: {}\n", service_, Describe(*failure));
  }
  ShutDown();
  return failure ? kFailed : kDone;
}

void Process::ShutDown() {
  telemetry::Log(Severity::kInfo, "stopping", {{LogKey::kService, service_}});
  health_.OnChange(nullptr);
  ShowHealth({health_.state().started, false, "stopping"});
  if (settings_.drain > Duration{0}) std::this_thread::sleep_for(settings_.drain);
  system_->ShutDownDoors();
  server_->Shutdown(kGrace);
  inner_->Shutdown(kGrace);
  system_->Stop();
  telemetry::Log(Severity::kInfo, "stopped", {{LogKey::kService, service_}});
}

int Report(const std::string& service, const Error& error) {
  fmt::print(stderr, "mainstay-{}: {}\n", service, Describe(error));
  return error.code == ErrorCode::kInvalidArgument ? kWrongUsage : kCannotOpen;
}

void AddOptions(CLI::App& app, Options& options) {
  app.add_option("--config", options.file, "Settings in protobuf text format (proto/mainstay/config/v1)");
  app.add_option("--set", options.overrides, "One setting, field=value; may be given several times")
      ->take_all()
      ->expected(1);
  app.add_flag("--check-config", options.check, "Check the settings and stop");
  app.add_flag("--print-config", options.print, "Print all settings in force and stop");
  app.set_version_flag("--version", MAINSTAY_VERSION);
}

}  // namespace

int RunService(int argc, char** argv, ServiceProgram program) {
  CLI::App app{"The " + program.service + " service of Mainstay on Kafka."};
  app.name("mainstay-" + program.service);
  Options options;
  AddOptions(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? kDone : kWrongUsage;
  }
  const auto settings = Load(options, program);
  if (!settings) return Report(program.service, settings.error());
  if (options.print) {
    fmt::print("{}", PrintText(*program.config));
    return kDone;
  }
  if (options.check) {
    if (const auto module = program.make_module(settings->cluster.installation, *program.config); !module) {
      return Report(program.service, module.error());
    }
    fmt::print("mainstay-{}: the settings are good\n", program.service);
    return kDone;
  }
  const sigset_t signals = BlockStopSignals();
  Process process;
  if (const auto started = process.Start(*settings, program); !started) {
    return Report(program.service, started.error());
  }
  fmt::print("{}\n", process.Greeting());
  std::fflush(stdout);
  return process.RunUntil(signals);
}

}  // namespace mainstay::app
