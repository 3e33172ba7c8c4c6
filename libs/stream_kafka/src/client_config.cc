#include "client_config.h"

#include <sys/prctl.h>

#include <algorithm>
#include <array>
#include <utility>

namespace mainstay::stream_kafka {
namespace {

constexpr std::array kReserved = {"bootstrap.servers",
                                  "metadata.broker.list",
                                  "group.id",
                                  "group.instance.id",
                                  "client.id",
                                  "enable.auto.commit",
                                  "enable.idempotence",
                                  "enable.auto.offset.store",
                                  "isolation.level",
                                  "transactional.id",
                                  "acks",
                                  "request.required.acks",
                                  "auto.offset.reset",
                                  "enable.partition.eof",
                                  "partitioner",
                                  "transaction.timeout.ms",
                                  "allow.auto.create.topics",
                                  "partition.assignment.strategy",
                                  "max.in.flight",
                                  "max.in.flight.requests.per.connection"};

// librdkafka before 2.4 sleeps to the millisecond below its next timer and spins through the rest: a client at rest
// spends a thousandth of a core. Threads inherit the slack of the thread that makes them; with a millisecond of it the
// sleep ends behind the timer.
class SlackTimers {
 public:
  SlackTimers() : before_(prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0)) { prctl(PR_SET_TIMERSLACK, kSlackNs, 0, 0, 0); }
  ~SlackTimers() { prctl(PR_SET_TIMERSLACK, before_ > 0 ? before_ : 0, 0, 0, 0); }
  SlackTimers(const SlackTimers&) = delete;
  SlackTimers& operator=(const SlackTimers&) = delete;

 private:
  static constexpr unsigned long kSlackNs = 1'500'000;
  const int before_;
};

void OnLog(const rd_kafka_t* client, int level, const char* facility, const char* text) {
  auto* log = static_cast<ClientLog*>(rd_kafka_opaque(client));
  if (log != nullptr) log->Line(level, facility, text);
}

}  // namespace

void ClientLog::Line(int severity, std::string_view facility, std::string_view text) {
  std::string line = std::string(facility).append(": ").append(text);
  if (severity <= 4) {
    const std::lock_guard lock(mutex_);
    last_error_ = line;
  }
  if (sink_) sink_(severity, line);
}

std::string ClientLog::last_error() const {
  const std::lock_guard lock(mutex_);
  return last_error_;
}

Result<void> CheckProperties(const ClusterSettings& settings) {
  for (const auto& [name, value] : settings.properties) {
    if (std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end()) {
      return InvalidField("properties", "`" + name + "` is set by the runtime and cannot be overridden; remove it");
    }
  }
  if (settings.brokers.empty()) return InvalidField("brokers", "brokers is empty; name at least one host:port");
  return {};
}

ClientConfig::ClientConfig(const ClusterSettings& settings, ClientLog& log) : conf_(rd_kafka_conf_new()) {
  for (const auto& [name, value] : settings.properties) Set(name.c_str(), value);
  Set("bootstrap.servers", settings.brokers);
  Set("socket.nagle.disable", "true");
  Set("allow.auto.create.topics", "false");
  Set("reconnect.backoff.max.ms", "2000");
  rd_kafka_conf_set_opaque(conf_.get(), &log);
  rd_kafka_conf_set_log_cb(conf_.get(), OnLog);
}

ClientConfig& ClientConfig::Set(const char* name, const std::string& value) {
  std::array<char, 512> reason{};
  if (rd_kafka_conf_set(conf_.get(), name, value.c_str(), reason.data(), reason.size()) != RD_KAFKA_CONF_OK &&
      error_.empty()) {
    error_ = reason.data();
  }
  return *this;
}

Result<ClientHandle> ClientConfig::Make(rd_kafka_type_t type) {
  if (!error_.empty()) return InvalidField("properties", error_);
  std::array<char, 512> reason{};
  const SlackTimers inherited;
  rd_kafka_t* client = rd_kafka_new(type, conf_.get(), reason.data(), reason.size());
  if (client == nullptr) return InvalidField("properties", reason.data());
  static_cast<void>(conf_.release());  // It is the client's now.
  return ClientHandle(client);
}

Result<ClientHandle> MakeReader(const ClusterSettings& settings, ClientLog& log, std::string_view purpose,
                                bool read_committed, Duration fetch_wait, std::size_t queued_messages,
                                std::size_t queued_bytes) {
  ClientConfig config(settings, log);
  config.Set("client.id", settings.installation + "-" + std::string(purpose))
      .Set("group.id", settings.installation + ".unused")  // librdkafka wants one; nothing subscribes or commits.
      .Set("enable.auto.commit", "false")
      .Set("enable.auto.offset.store", "false")
      .Set("isolation.level", read_committed ? "read_committed" : "read_uncommitted")
      .Set("auto.offset.reset", "error")
      .Set("enable.partition.eof", "true")
      .Set("fetch.min.bytes", "1")
      .Set("fetch.wait.max.ms", static_cast<std::size_t>(fetch_wait.count()))
      .Set("fetch.error.backoff.ms", "50")
      .Set("queued.min.messages", queued_messages)
      // A queue that is not full asks for this much more, compressed; a larger record comes all the same.
      .Set("fetch.message.max.bytes", std::clamp<std::size_t>(queued_bytes / 16, 64 << 10, 1 << 20))
      .Set("queued.max.messages.kbytes", std::clamp<std::size_t>(queued_bytes / 1024, 64, 1 << 20));
  MAINSTAY_TRY_ASSIGN(client, config.Make(RD_KAFKA_CONSUMER));
  rd_kafka_poll_set_consumer(client.get());
  return std::move(client);
}

}  // namespace mainstay::stream_kafka
