// How librdkafka clients of each kind are set up.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "handles.h"
#include "mainstay/base/instant.h"
#include "mainstay/base/result.h"
#include "mainstay/stream_kafka/kafka_cluster.h"

namespace mainstay::stream_kafka {

// The last complaint of any client made with it, and where lines go. Outlives the clients. Any thread.
class ClientLog {
 public:
  explicit ClientLog(std::function<void(int, std::string_view)> sink) : sink_(std::move(sink)) {}
  void Line(int severity, std::string_view facility, std::string_view text);
  [[nodiscard]] std::string last_error() const;

 private:
  const std::function<void(int, std::string_view)> sink_;
  mutable std::mutex mutex_;
  std::string last_error_;
};

// kInvalidArgument when the user's properties touch what the runtime depends on.
[[nodiscard]] Result<void> CheckProperties(const ClusterSettings& settings);

class ClientConfig {
 public:
  // Properties of the user first, then those every client of ours has. `log` outlives the client.
  ClientConfig(const ClusterSettings& settings, ClientLog& log);
  ClientConfig& Set(const char* name, const std::string& value);
  ClientConfig& Set(const char* name, std::size_t value) { return Set(name, std::to_string(value)); }
  [[nodiscard]] rd_kafka_conf_t* conf() { return conf_.get(); }
  // Callbacks get `opaque` (librdkafka's conf opaque).
  [[nodiscard]] Result<ClientHandle> Make(rd_kafka_type_t type);

 private:
  ConfHandle conf_;
  std::string error_;
};

// A consumer that is told what to read: no commits, no resets, ends of partitions reported. A broker with nothing new
// holds its answer back for `fetch_wait`; that something is the end is known only after it.
[[nodiscard]] Result<ClientHandle> MakeReader(const ClusterSettings& settings, ClientLog& log, std::string_view purpose,
                                              bool read_committed, Duration fetch_wait, std::size_t queued_messages,
                                              std::size_t queued_bytes);

}  // namespace mainstay::stream_kafka
