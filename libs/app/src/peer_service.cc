#include "peer_service.h"

#include <algorithm>

#include "mainstay/rpc/status.h"

namespace mainstay::app {
namespace {

namespace p = peer::v1;

constexpr std::size_t kBytesPerMessage = 256 << 10;

Error NotHere(const stream::Topology& topology, std::int32_t partition) {
  return {ErrorCode::kUnavailable,
          Recovery::kRetry,
          "shard " + std::to_string(partition) + " of " + topology.service + " is not owned here",
          {}};
}

Deadline DeadlineOf(const grpc::ServerContext& context) {
  const auto left = std::min<std::chrono::system_clock::duration>(context.deadline() - std::chrono::system_clock::now(),
                                                                  std::chrono::minutes{10});
  return std::chrono::steady_clock::now() + left;
}

}  // namespace

Result<std::vector<Objection>> AwaitOwned(const stream::Topology& topology, const KafkaShardWorker& worker,
                                          const std::string& topic, const std::vector<std::int64_t>& offsets,
                                          Deadline deadline) {
  const auto found = std::find(topology.inputs.begin(), topology.inputs.end(), topic);
  if (found == topology.inputs.end() || offsets.empty()) return std::vector<Objection>{};
  const auto id = static_cast<stream::TopicId>(found - topology.inputs.begin());
  const std::int64_t last = *std::max_element(offsets.begin(), offsets.end());
  MAINSTAY_TRY(worker.progress().Await(id, last, deadline));
  return worker.progress().ObjectionsTo(id, offsets);
}

grpc::Status PeerServiceImpl::Await(grpc::ServerContext* context, const p::AwaitRequest* request,
                                    p::AwaitResponse* response) {
  const auto worker = shards_.Find(request->partition());
  if (!worker) return rpc::ToStatus(NotHere(topology_, request->partition()));
  const std::vector<std::int64_t> offsets(request->offsets().begin(), request->offsets().end());
  const auto objections = AwaitOwned(topology_, *worker, request->topic(), offsets, DeadlineOf(*context));
  if (!objections) return rpc::ToStatus(objections.error());
  for (const Objection& objection : *objections) {
    p::Objection& told = *response->add_objections();
    told.set_offset(objection.offset);
    told.set_already_seen(objection.verdict.kind == stream::Verdict::Kind::kAlreadySeen);
    told.set_code(static_cast<std::int32_t>(objection.verdict.error.code));
    told.set_field(objection.verdict.error.field);
    told.set_reason(objection.verdict.error.message);
  }
  return grpc::Status::OK;
}

grpc::Status PeerServiceImpl::Get(grpc::ServerContext*, const p::GetRequest* request, p::GetResponse* response) {
  const auto worker = shards_.Find(request->partition());
  if (!worker) return rpc::ToStatus(NotHere(topology_, request->partition()));
  const auto snapshot = worker->TakeSnapshot();
  if (!snapshot) return rpc::ToStatus(snapshot.error());
  const stream::Meta& meta = (*snapshot)->meta();
  response->mutable_meta()->set_transaction(meta.transaction);
  for (const std::int64_t position : meta.positions) response->mutable_meta()->add_positions(position);
  response->mutable_meta()->set_stream_time_ms(meta.stream_time_ms);
  response->mutable_meta()->set_wall_ms(meta.wall_ms);
  if (request->table() == 0) return grpc::Status::OK;  // Only META was asked for.
  auto value = (*snapshot)->Get(static_cast<stream::TableId>(request->table()), request->key());
  if (!value) return rpc::ToStatus(value.error());
  if (*value) response->set_value(std::move(**value));
  return grpc::Status::OK;
}

grpc::Status PeerServiceImpl::Scan(grpc::ServerContext*, const p::ScanRequest* request,
                                   grpc::ServerWriter<p::ScanResponse>* writer) {
  const auto worker = shards_.Find(request->partition());
  if (!worker) return rpc::ToStatus(NotHere(topology_, request->partition()));
  const auto snapshot = worker->TakeSnapshot();
  if (!snapshot) return rpc::ToStatus(snapshot.error());
  p::ScanResponse response;
  std::size_t bytes = 0;
  bool listening = true;
  const auto scanned = (*snapshot)->Scan(static_cast<stream::TableId>(request->table()), request->prefix(),
                                         request->from(), [&](std::string_view key, std::string_view value) {
                                           p::Entry& entry = *response.add_entries();
                                           entry.set_key(key.data(), key.size());
                                           entry.set_value(value.data(), value.size());
                                           bytes += key.size() + value.size();
                                           if (bytes < kBytesPerMessage) return true;
                                           listening = writer->Write(response);
                                           response.Clear();
                                           bytes = 0;
                                           return listening;
                                         });
  if (!scanned) return rpc::ToStatus(scanned.error());
  if (listening && response.entries_size() > 0) writer->Write(response);
  return grpc::Status::OK;
}

grpc::Status PeerServiceImpl::Status(grpc::ServerContext*, const p::StatusRequest*, p::StatusResponse* response) {
  std::int64_t latest = INT64_MIN;
  for (const auto& worker : shards_.All()) {
    if (!worker->progress().running()) continue;
    response->add_shards(worker->partition());
    latest = std::max(latest, worker->progress().meta().stream_time_ms);
  }
  if (latest != INT64_MIN) response->set_stream_time_ms(latest);
  return grpc::Status::OK;
}

}  // namespace mainstay::app
