// The streams of Subscribe: public events from the log, as far as the client grants credit.
//
// A stream has a thread of its own, which reads, filters and writes; gRPC's threads only say what happened. At most
// one batch per topic and partition is held in memory, and at most one message is under way. Keep-alives carry the
// current token and need no credit. After Shutdown() each stream sends its last token and ends with UNAVAILABLE.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "commands.h"
#include "mainstay/base/instant.h"
#include "mainstay/base/result.h"
#include "mainstay/query/v1/notification.pb.h"
#include "resume_token.h"

namespace mainstay::notification {

using SubscribeReactor = grpc::ServerBidiReactor<query::v1::SubscribeRequest, query::v1::SubscribeResponse>;

class Subscriptions {
 public:
  // `prefix`: of topic names. `commands` outlives the value.
  Subscriptions(const Commands& commands, std::string prefix, Duration keep_alive);
  // Waits for the threads of the streams. REQUIRES: the server has been shut down, which cancels the calls that still
  // run. The streams never touch a call after OnDone: gRPC frees it then, before the stream's own thread is gone.
  ~Subscriptions();
  Subscriptions(const Subscriptions&) = delete;
  Subscriptions& operator=(const Subscriptions&) = delete;

  // A new stream; deletes itself when it is over. Any thread.
  [[nodiscard]] SubscribeReactor* Open();
  // Any thread; returns at once.
  void Shutdown();

 private:
  class Stream;

  void Ended(Stream* stream);
  // Made once and kept in the state of shard 0, so that tokens outlive a restart.
  [[nodiscard]] Result<TokenSealer> Sealer() const;
  // The public topics whose events `types` may name.
  [[nodiscard]] std::vector<std::string> TopicsOf(const std::vector<std::string>& types) const;

  const Commands& commands_;
  const std::string prefix_;
  const Duration keep_alive_;
  std::mutex mutex_;
  std::condition_variable empty_;
  std::set<Stream*> streams_;
  std::size_t running_ = 0;  // Threads.
  bool stopping_ = false;
};

}  // namespace mainstay::notification
