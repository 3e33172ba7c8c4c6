// The notification service alone, in an embedded system with the `data` clock and a gRPC server in process. For tests.
#pragma once

#include <grpcpp/grpcpp.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "../module.h"
#include "mainstay/app/embedded_system.h"
#include "mainstay/query/v1/notification.grpc.pb.h"
#include "mainstay/rpc/server.h"
#include "mainstay/vocabulary/events.h"
#include "mainstay/vocabulary/out_events.h"

namespace mainstay::notification::testing {

namespace q = query::v1;
using namespace std::chrono_literals;

inline const Instant kStart = ParseInstant("2026-01-05T09:00:00Z").value();
inline const BookId kBook{"north"};
using Stream = grpc::ClientReaderWriter<q::SubscribeRequest, q::SubscribeResponse>;

class RunningSystem {
 public:
  using Wrap = std::function<std::unique_ptr<app::Doors>(std::unique_ptr<app::Doors>)>;

  explicit RunningSystem(const std::filesystem::path& directory, NotificationOptions options = {}, Wrap wrap = {});
  ~RunningSystem() { Stop(); }
  void Stop();

  // Appends at `at` and waits until it was taken.
  stream::Verdict Put(const std::string& client, Instant at, InEventData data);
  void Put(const std::string& client, Instant at, OutEventData data, const BookId& book = kBook);
  void AdvanceTo(Instant until);
  // Of the last event that was put.
  [[nodiscard]] EventId LastId() const;

  [[nodiscard]] q::NotificationService::Stub& stub() { return *stub_; }
  [[nodiscard]] app::EmbeddedSystem& system() { return *system_; }

  [[nodiscard]] std::vector<q::InboxItem> Inbox(const std::string& rep, bool all = false);
  grpc::Status Act(q::ActRequest request, q::ActResponse* response = nullptr);
  [[nodiscard]] grpc::Status AddWebhook(const std::string& url, const std::string& endpoint, std::string* secret,
                                        const std::vector<std::string>& types = {});
  // Reads attempts until `enough`; fails the test after 30 s.
  std::vector<q::Attempt> AwaitAttempts(const std::function<bool(const std::vector<q::Attempt>&)>& enough);
  // All events of the log that match, by a stream with until_end.
  std::vector<std::string> Events(const std::vector<std::string>& types, const std::string& from = "earliest");

 private:
  stream::Verdict Publish(const std::string& topic, const std::string& book, Instant at, std::string value);

  std::unique_ptr<app::EmbeddedSystem> system_;
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<q::NotificationService::Stub> stub_;
};

// Events, short.
[[nodiscard]] InEventData Order(const std::string& id, const std::vector<std::pair<std::string, const char*>>& lines);
[[nodiscard]] InEventData TouchBy(const std::string& rep, TouchRole role);
[[nodiscard]] inline InEventData SupportTouch(const std::string& rep = "sue") {
  return TouchBy(rep, TouchRole::kSupport);
}
[[nodiscard]] TouchPlan Plan(const std::string& episode);
[[nodiscard]] OutEventData Risk(const std::string& episode, RiskLevel level, const std::string& owner = "ann");

}  // namespace mainstay::notification::testing
