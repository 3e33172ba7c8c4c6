#include "peers.h"

#include <grpcpp/client_context.h>

#include <algorithm>

#include "mainstay/peer/v1/peer.grpc.pb.h"
#include "mainstay/rpc/server.h"
#include "mainstay/rpc/status.h"

namespace mainstay::app {
namespace {

namespace p = peer::v1;

constexpr std::chrono::seconds kTableAge{5};
constexpr std::chrono::milliseconds kAskAgain{200};  // Not more often than this, however many calls miss.
constexpr Duration kAskTimeout{3'000};
constexpr std::chrono::seconds kReadTimeout{10};

void SetDeadline(grpc::ClientContext& context, Deadline deadline) {
  context.set_deadline(std::chrono::system_clock::now() + (deadline - std::chrono::steady_clock::now()));
}

Objection ObjectionOf(const p::Objection& told) {
  Objection objection;
  objection.offset = told.offset();
  objection.verdict.kind = told.already_seen() ? stream::Verdict::Kind::kAlreadySeen : stream::Verdict::Kind::kRejected;
  objection.verdict.error = {static_cast<ErrorCode>(told.code()), Recovery::kStopTask, told.reason(), told.field()};
  return objection;
}

class RemoteSnapshot final : public stream::Snapshot {
 public:
  RemoteSnapshot(std::shared_ptr<grpc::Channel> channel, std::int32_t partition)
      : stub_(p::PeerService::NewStub(std::move(channel))), partition_(partition) {}

  Result<void> ReadMeta() {
    p::GetResponse response;
    MAINSTAY_TRY(Ask(0, {}, response));
    meta_.transaction = response.meta().transaction();
    meta_.positions.assign(response.meta().positions().begin(), response.meta().positions().end());
    meta_.stream_time_ms = response.meta().stream_time_ms();
    meta_.wall_ms = response.meta().wall_ms();
    return {};
  }

  Result<std::optional<std::string>> Get(stream::TableId table, std::string_view key) const override {
    p::GetResponse response;
    MAINSTAY_TRY(Ask(table, key, response));
    if (!response.has_value()) return std::optional<std::string>{};
    return std::optional<std::string>(response.value());
  }

  Result<void> Scan(stream::TableId table, std::string_view prefix, std::string_view from,
                    const Visit& visit) const override {
    p::ScanRequest request;
    request.set_partition(partition_);
    request.set_table(table);
    request.set_prefix(prefix.data(), prefix.size());
    request.set_from(from.data(), from.size());
    grpc::ClientContext context;
    SetDeadline(context, std::chrono::steady_clock::now() + kReadTimeout);
    const auto stream = stub_->Scan(&context, request);
    p::ScanResponse response;
    while (stream->Read(&response)) {
      for (const p::Entry& entry : response.entries()) {
        if (visit(entry.key(), entry.value())) continue;
        context.TryCancel();
        (void)stream->Finish();
        return {};
      }
    }
    const grpc::Status status = stream->Finish();
    if (!status.ok()) return tl::unexpected(rpc::FromStatus(status));
    return {};
  }

  const stream::Meta& meta() const override { return meta_; }

 private:
  Result<void> Ask(stream::TableId table, std::string_view key, p::GetResponse& response) const {
    p::GetRequest request;
    request.set_partition(partition_);
    request.set_table(table);
    request.set_key(key.data(), key.size());
    grpc::ClientContext context;
    SetDeadline(context, std::chrono::steady_clock::now() + kReadTimeout);
    const grpc::Status status = stub_->Get(&context, request, &response);
    if (!status.ok()) return tl::unexpected(rpc::FromStatus(status));
    return {};
  }

  std::unique_ptr<p::PeerService::Stub> stub_;
  const std::int32_t partition_;
  stream::Meta meta_;
};

}  // namespace

Result<std::vector<stream_kafka::GroupMember>> Peers::Ask(const std::string& service, bool again) {
  const auto now = std::chrono::steady_clock::now();
  {
    const std::lock_guard lock(mutex_);
    const auto known = tables_.find(service);
    if (known != tables_.end() && now - known->second.asked_at < (again ? std::chrono::milliseconds(kAskAgain)
                                                                        : std::chrono::milliseconds(kTableAge))) {
      return known->second.members;
    }
  }
  MAINSTAY_TRY_ASSIGN(members, stream_kafka::DescribeGroup(cluster_, service, kAskTimeout));
  const std::lock_guard lock(mutex_);
  tables_[service] = {std::chrono::steady_clock::now(), members};
  return members;
}

Result<std::string> Peers::OwnerOf(const std::string& service, std::int32_t partition) {
  for (const bool again : {false, true}) {
    MAINSTAY_TRY_ASSIGN(members, Ask(service, again));
    for (const stream_kafka::GroupMember& member : members) {
      if (std::find(member.shards.begin(), member.shards.end(), partition) != member.shards.end()) {
        return member.address;
      }
    }
  }
  return Fail(ErrorCode::kUnavailable, "no process runs shard " + std::to_string(partition) + " of " + service +
                                           " right now; is mainstay-" + service + " running?");
}

Result<std::vector<std::string>> Peers::MembersOf(const std::string& service) {
  MAINSTAY_TRY_ASSIGN(members, Ask(service, false));
  std::vector<std::string> addresses;
  addresses.reserve(members.size());
  for (const stream_kafka::GroupMember& member : members) addresses.push_back(member.address);
  if (!addresses.empty()) return addresses;
  Forget(service);
  return Fail(ErrorCode::kUnavailable, "no process of " + service + " is running; start mainstay-" + service);
}

void Peers::Forget(const std::string& service) {
  const std::lock_guard lock(mutex_);
  const auto known = tables_.find(service);
  if (known != tables_.end() && std::chrono::steady_clock::now() - known->second.asked_at > kAskAgain) {
    tables_.erase(known);
  }
}

std::shared_ptr<grpc::Channel> Peers::ChannelTo(const std::string& address) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<grpc::Channel>& channel = channels_[address];
  if (!channel) channel = rpc::Connect(address);
  return channel;
}

Result<std::vector<Objection>> Peers::Await(const std::string& address, const std::string& topic,
                                            std::int32_t partition, const std::vector<std::int64_t>& offsets,
                                            Deadline deadline) {
  p::AwaitRequest request;
  request.set_partition(partition);
  request.set_topic(topic);
  for (const std::int64_t offset : offsets) request.add_offsets(offset);
  grpc::ClientContext context;
  SetDeadline(context, deadline);
  p::AwaitResponse response;
  const grpc::Status status = p::PeerService::NewStub(ChannelTo(address))->Await(&context, request, &response);
  if (!status.ok()) return tl::unexpected(rpc::FromStatus(status));
  std::vector<Objection> objections;
  for (const p::Objection& told : response.objections()) objections.push_back(ObjectionOf(told));
  return objections;
}

Result<std::unique_ptr<stream::Snapshot>> Peers::ReadShard(const std::string& address, std::int32_t partition) {
  auto snapshot = std::make_unique<RemoteSnapshot>(ChannelTo(address), partition);
  MAINSTAY_TRY(snapshot->ReadMeta());
  return snapshot;
}

Result<std::int64_t> Peers::StreamTimeMs(const std::string& address) {
  grpc::ClientContext context;
  SetDeadline(context, std::chrono::steady_clock::now() + kReadTimeout);
  p::StatusResponse response;
  const grpc::Status status = p::PeerService::NewStub(ChannelTo(address))->Status(&context, {}, &response);
  if (!status.ok()) return tl::unexpected(rpc::FromStatus(status));
  return response.has_stream_time_ms() ? response.stream_time_ms() : INT64_MIN;
}

}  // namespace mainstay::app
