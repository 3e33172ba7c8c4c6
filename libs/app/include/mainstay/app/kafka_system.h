// One service of an installation on Kafka: the shards this process owns, what they answer, and the way to the others.
//
// A membership thread joins the service's consumer group and starts and stops a worker for each shard gained and lost;
// each worker runs the same shard loop and processor as the embedded system. While Kafka is away or its topics are not
// as planned, the process is live but not ready, says why, and goes on when they are back.
#pragma once

#include <grpcpp/channel.h>

#include <memory>
#include <string>
#include <vector>

#include "mainstay/app/event_format.h"
#include "mainstay/app/ports.h"
#include "mainstay/app/process_settings.h"
#include "mainstay/app/service_module.h"
#include "mainstay/base/result.h"
#include "mainstay/telemetry/health.h"
#include "mainstay/telemetry/metrics.h"

namespace mainstay::rpc {
struct RoutedCall;
struct Route;
}  // namespace mainstay::rpc

namespace mainstay::app {

class KafkaSystem final : public StateReader, public Publisher, public LogReader, public ClockControl {
 public:
  struct Telemetry {  // Outlives the system.
    telemetry::Metrics* metrics = nullptr;
    telemetry::Health* health = nullptr;
  };

  // Makes the clients and the module's doors; waits for nothing. Errors are those of settings.
  [[nodiscard]] static Result<std::unique_ptr<KafkaSystem>> Open(const ProcessSettings& settings, ServiceModule module,
                                                                 EventFormat format, Telemetry telemetry);
  ~KafkaSystem() override;
  KafkaSystem(const KafkaSystem&) = delete;
  KafkaSystem& operator=(const KafkaSystem&) = delete;

  // The module's doors and what other processes ask.
  [[nodiscard]] std::vector<grpc::Service*> services();
  // Starts to own shards; others reach this process at `address`. Once.
  void Join(const std::string& address);
  void ShutDownDoors();  // Ends streams and senders: before the server is shut down.
  // Finishes transactions, releases all shards and leaves. Idempotent.
  void Stop();
  // Why this process must end: another one took its member name. nullopt while all is well.
  [[nodiscard]] std::optional<Error> failure() const;

  // Where a call belongs: to `local`, or to the process that owns the book's shard. Blocks while a position named by
  // the caller (metadata `mainstay-at-least`) has not been reached. kUnavailable with the owner's address.
  [[nodiscard]] Result<rpc::Route> RouteCall(const rpc::RoutedCall& call, const std::shared_ptr<grpc::Channel>& local);

  std::int32_t partitions() const override;
  Result<std::unique_ptr<stream::Snapshot>> ReadShard(std::string_view service, std::int32_t partition) const override;
  Instant Now() const override;
  std::future<Result<std::vector<Acknowledgement>>> Publish(std::vector<Publication> publications, Wait wait) override;
  Result<std::vector<stream::Record>> Read(const std::string& topic, std::int32_t partition, std::int64_t offset,
                                           std::size_t max) const override;
  Result<std::int64_t> End(const std::string& topic, std::int32_t partition) const override;
  std::uint64_t AwaitNews(std::uint64_t seen, Duration timeout) const override;
  std::string ClockName() const override;
  std::optional<Instant> StreamTime() const override;
  Result<void> AdvanceTo(Instant until) override;
  Result<void> SwitchToWall() override;

 private:
  class Impl;
  explicit KafkaSystem(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mainstay::app
