// What the other processes ask of this one (proto/mainstay/peer/v1).
#pragma once

#include <memory>

#include "mainstay/peer/v1/peer.grpc.pb.h"
#include "mainstay/stream/record.h"
#include "owned_shards.h"

namespace mainstay::app {

class PeerServiceImpl final : public peer::v1::PeerService::Service {
 public:
  // Both outlive it.
  PeerServiceImpl(const stream::Topology& topology, const OwnedShards& shards) : topology_(topology), shards_(shards) {}

  grpc::Status Await(grpc::ServerContext* context, const peer::v1::AwaitRequest* request,
                     peer::v1::AwaitResponse* response) override;
  grpc::Status Get(grpc::ServerContext* context, const peer::v1::GetRequest* request,
                   peer::v1::GetResponse* response) override;
  grpc::Status Scan(grpc::ServerContext* context, const peer::v1::ScanRequest* request,
                    grpc::ServerWriter<peer::v1::ScanResponse>* writer) override;
  grpc::Status Status(grpc::ServerContext* context, const peer::v1::StatusRequest* request,
                      peer::v1::StatusResponse* response) override;

 private:
  const stream::Topology& topology_;
  const OwnedShards& shards_;
};

// Waits at an owned shard; records of topics the service does not read are accepted at once.
[[nodiscard]] Result<std::vector<Objection>> AwaitOwned(const stream::Topology& topology,
                                                        const KafkaShardWorker& worker, const std::string& topic,
                                                        const std::vector<std::int64_t>& offsets, Deadline deadline);

}  // namespace mainstay::app
