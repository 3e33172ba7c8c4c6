#include "broker.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <random>
#include <set>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

namespace mainstay::broker {
namespace {

namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;

constexpr const char* kStart = MAINSTAY_SOURCE_DIR "/deploy/kafka/start.sh";
constexpr int kSkipped = 77;
constexpr auto kStartTimeout = std::chrono::seconds{60};
constexpr auto kStopTimeout = std::chrono::seconds{30};

std::string EnvOr(const char* name, std::string otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::move(otherwise) : std::string(value);
}

bool IsFree(int port) {
  const int s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool free = ::bind(s, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  ::close(s);
  return free;
}

// Two of those below the ports that the kernel gives to connections: one of these may be taken again before a broker
// has started, or while it is away.
std::pair<int, int> FreePorts() {
  int first_given = 0;
  std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> first_given;
  std::random_device random;
  std::uniform_int_distribution<int> any(10'000, std::max(first_given, 20'000) - 1);
  std::set<int> ports;
  while (ports.size() < 2) {
    if (const int port = any(random); IsFree(port)) ports.insert(port);
  }
  return {*ports.begin(), *ports.rbegin()};
}

// Starts a program with its output in a file; it is killed when this thread's process dies.
pid_t Spawn(const std::vector<std::string>& command, const fs::path& output) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const std::string path = output.string();
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  ::setpgid(0, 0);  // Not stopped by a Ctrl-C before the test has ended.
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::dup2(file, STDOUT_FILENO);
  ::dup2(file, STDERR_FILENO);
  ::close(STDIN_FILENO);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

std::string ReadText(const fs::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

Result<std::unique_ptr<Broker>> Broker::Start(const BrokerOptions& options) {
  std::unique_ptr<Broker> broker(new Broker(std::make_unique<testing::TemporaryDirectory>()));
  MAINSTAY_TRY(broker->Prepare(options));
  MAINSTAY_TRY(broker->Run());
  return broker;
}

Result<void> Broker::Prepare(const BrokerOptions& options) {
  const auto [port, controller_port] = FreePorts();
  ports_ = std::to_string(port) + "," + std::to_string(controller_port);
  address_ = "127.0.0.1:" + std::to_string(port);
  version_ = options.version.empty() ? EnvOr("KAFKA_VERSION", "3.9.1") : options.version;
  ::setenv("KAFKA_CACHE", MAINSTAY_KAFKA_CACHE, 0);
  ::setenv("KAFKA_JVM", "-Xms128m -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1", 0);
  std::vector<std::string> command = {kStart, directory_->path().string(), ports_, "--version", version_, "--prepare"};
  for (const std::string& line : options.settings) command.insert(command.end(), {"--set", line});
  const fs::path output = directory_->path() / "prepare.log";
  int status = 0;
  if (::waitpid(Spawn(command, output), &status, 0) < 0) return Fail(ErrorCode::kInternal, "waitpid failed");
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  const bool skipped = WIFEXITED(status) && WEXITSTATUS(status) == kSkipped;
  return Fail(skipped ? ErrorCode::kNotFound : ErrorCode::kUnavailable, ReadText(output));
}

Result<void> Broker::Run() {
  const fs::path output = directory_->path() / "broker.log";
  fs::remove(output);
  process_ = Spawn({kStart, directory_->path().string(), ports_, "--version", version_, "--run", "1"}, output);
  const auto deadline = SteadyClock::now() + kStartTimeout;
  while (ReadText(output).find("Kafka Server started") == std::string::npos) {
    int status = 0;
    if (::waitpid(process_, &status, WNOHANG) == process_) {
      process_ = -1;
      return Fail(ErrorCode::kUnavailable, "the broker ended at its start: " + LogTail());
    }
    if (SteadyClock::now() > deadline) return Fail(ErrorCode::kUnavailable, "the broker does not start: " + LogTail());
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  return {};
}

Broker::~Broker() {
  if (process_ < 0) return;
  Thaw();
  // Its data goes with it: no need for a clean end.
  Kill();
}

Result<void> Broker::StopBroker() {
  if (process_ < 0) return {};
  ::kill(process_, SIGTERM);
  const auto deadline = SteadyClock::now() + kStopTimeout;
  int status = 0;
  while (::waitpid(process_, &status, WNOHANG) == 0) {
    if (SteadyClock::now() > deadline) return Fail(ErrorCode::kUnavailable, "the broker does not stop: " + LogTail());
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  process_ = -1;
  return {};
}

void Broker::Kill() {
  if (process_ < 0) return;
  ::kill(process_, SIGKILL);
  Reap();
}

void Broker::Reap() {
  int status = 0;
  ::waitpid(process_, &status, 0);
  process_ = -1;
}

Result<void> Broker::StartAgain() { return process_ < 0 ? Run() : Result<void>{}; }

void Broker::Freeze() {
  if (process_ > 0) ::kill(process_, SIGSTOP);
}

void Broker::Thaw() {
  if (process_ > 0) ::kill(process_, SIGCONT);
}

std::string Broker::LogTail() const {
  const std::string text = ReadText(directory_->path() / "broker.log");
  return text.size() > 2'000 ? text.substr(text.size() - 2'000) : text;
}

Broker* SharedBroker(std::string* reason) {
  static Result<std::unique_ptr<Broker>> broker = Broker::Start();
  if (broker) return broker->get();
  *reason = "no Kafka: " + broker.error().message;
  // Only what is missing may be skipped; what is broken is a failure.
  if (broker.error().code != ErrorCode::kNotFound) {
    throw std::runtime_error(*reason);
  }
  return nullptr;
}

std::string FreshPrefix() {
  static std::atomic<int> next{0};
  return "t" + std::to_string(::getpid()) + "x" + std::to_string(next++);
}

}  // namespace mainstay::broker
