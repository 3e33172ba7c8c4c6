#include "mainstay/app/kafka_system.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "call_routing.h"
#include "kafka_publishing.h"
#include "mainstay/app/topic_plan.h"
#include "mainstay/app/wall_clock.h"
#include "mainstay/base/hash.h"
#include "mainstay/rpc/routing_server.h"
#include "mainstay/stream_kafka/topic_reader.h"
#include "owned_shards.h"
#include "peer_service.h"
#include "peers.h"
#include "topic_format.h"

namespace mainstay::app {
namespace {

namespace sk = stream_kafka;

constexpr Duration kReadWait{0};
constexpr Duration kAskRange{5'000};
constexpr Duration kNewsAge{200};  // What other processes write is looked for this often.
constexpr int kMostHops = 2;
constexpr std::size_t kLargestBatch = 12 << 20;
constexpr std::size_t kSmallestBatch = 1 << 20;
constexpr std::size_t kMostPending = 48 << 20;
// What a process and each of its shards need besides: gRPC, threads, a producer's buffers, pages on their way back.
constexpr std::size_t kProcessBytes = 80 << 20;
constexpr std::size_t kShardBytes = 7 << 20;

// What queues, overlays, caches and write buffers may use together, so that the process keeps to its budget.
std::size_t SharedBytes(const ProcessSettings& settings) {
  const std::size_t besides = kProcessBytes + kShardBytes * static_cast<std::size_t>(settings.partitions);
  return std::max(settings.memory_bytes / 4, settings.memory_bytes - std::min(besides, settings.memory_bytes));
}

int HopsOf(const rpc::RoutedCall& call) {
  const auto found = call.metadata.find(kHopsKey);
  return found == call.metadata.end() ? 0 : std::clamp(std::atoi(found->second.c_str()), 0, kMostHops);
}

Result<Token> TokenOf(const rpc::RoutedCall& call) {
  Token all;
  const auto [first, last] = call.metadata.equal_range(kAtLeastKey);
  for (auto entry = first; entry != last; ++entry) {
    MAINSTAY_TRY_ASSIGN(token, ParseToken(entry->second));
    all.insert(all.end(), token.begin(), token.end());
  }
  return all;
}

}  // namespace

class KafkaSystem::Impl {
 public:
  Impl(const ProcessSettings& settings, ServiceModule module, EventFormat format)
      : settings_(settings),
        module_(std::move(module)),
        format_(settings.cluster.installation, std::move(format)),
        memory_(StoreMemory(settings)) {}

  static stream_rocksdb::Memory StoreMemory(const ProcessSettings& settings) {
    stream_rocksdb::Memory memory;
    // With the system's page cache behind it a block cache three times as large makes nothing faster, and with more
    // clients than fit into it the process outgrew its budget. The values a loop keeps are worth more.
    memory.block_cache_bytes = SharedBytes(settings) / 12;
    // Rows wait before they come to memtables, which then need little.
    memory.pending_bytes = std::min(SharedBytes(settings) * 16 / 100, kMostPending);
    memory.write_buffer_bytes = SharedBytes(settings) * 8 / 100;
    memory.recent_id_bytes = SharedBytes(settings) / 20;
    return memory;
  }

  Result<void> Open(const System& system, Telemetry telemetry);
  void FillWorkerSetting(Telemetry telemetry);
  void News();
  Result<void> AwaitToken(const Token& token, std::int32_t partition) const;
  rpc::CallMetadata TokenAfter(const Token& asked, std::int32_t partition) const;

  const ProcessSettings settings_;
  const ServiceModule module_;
  const TopicFormat format_;
  stream_rocksdb::SharedMemory memory_;
  mutable std::mutex mutex_;
  mutable std::condition_variable news_;
  std::uint64_t news_count_ = 1;
  std::atomic<bool> stopping_{false};
  std::once_flag doors_down_;

  std::unique_ptr<sk::KafkaCluster> cluster_;
  std::unique_ptr<sk::TopicReader> reader_;
  std::unique_ptr<Peers> peers_;
  std::unique_ptr<Doors> doors_;
  KafkaShardWorker::Setting worker_;
  std::unique_ptr<OwnedShards> shards_;
  std::unique_ptr<KafkaPublishing> publishing_;
  std::unique_ptr<PeerServiceImpl> peer_service_;
  std::string address_;
};

Result<void> KafkaSystem::Impl::Open(const System& system, Telemetry telemetry) {
  sk::ClusterMemory memory;
  // A second of traffic at full speed; what waits longer waits at the broker as well.
  memory.consumer_queue_bytes = SharedBytes(settings_) * 6 / 100;
  memory.producer_queue_bytes = SharedBytes(settings_) / 10;
  memory.shards = settings_.partitions;
  MAINSTAY_TRY_ASSIGN(cluster, sk::KafkaCluster::Open(settings_.cluster, memory));
  cluster_ = std::move(cluster);
  MAINSTAY_TRY_ASSIGN(reader, sk::TopicReader::Open(settings_.cluster));
  reader_ = std::move(reader);
  TopicChoices choices;
  choices.installation = settings_.cluster.installation;
  choices.partitions = settings_.partitions;
  choices.data_clock = settings_.data_clock;
  MAINSTAY_TRY_ASSIGN(planned, PlanTopics(choices));
  peers_ = std::make_unique<Peers>(*cluster_);
  FillWorkerSetting(telemetry);
  shards_ = std::make_unique<OwnedShards>(
      settings_, worker_, SpecsOf(planned, choices.installation, module_.topology.service), *telemetry.health);
  MAINSTAY_TRY_ASSIGN(publishing, KafkaPublishing::Open(settings_, module_.topology, *shards_, *peers_));
  publishing_ = std::move(publishing);
  peer_service_ = std::make_unique<PeerServiceImpl>(module_.topology, *shards_);
  doors_ = module_.make_doors(system);
  return {};
}

void KafkaSystem::Impl::FillWorkerSetting(Telemetry telemetry) {
  const std::size_t hundredth = SharedBytes(settings_) / 100 / static_cast<std::size_t>(settings_.partitions);
  worker_.cluster = cluster_.get();
  worker_.module = &module_;
  worker_.partitions = settings_.partitions;
  worker_.directory = settings_.state_directory;
  worker_.identity = settings_.cluster.installation + "/" + module_.topology.service;
  worker_.memory = &memory_;
  worker_.log.format = &format_;
  worker_.log.acquire_timeout = std::chrono::seconds{20};
  // A replay is worth nothing if it depends on how fast a topic was fetched: it waits for every undecided transaction
  // until the broker itself gives it up.
  if (settings_.data_clock) worker_.log.open_transaction_wait = std::chrono::seconds{30};
  // The longer a transaction, the more events share what they write: a client's record is stored and logged once in
  // each.
  worker_.loop.max_bytes_per_commit = std::clamp(20 * hundredth, kSmallestBatch, kLargestBatch);
  worker_.loop.cache_bytes = 12 * hundredth;
  worker_.ticks = !settings_.data_clock;
  worker_.metrics = telemetry.metrics;
  worker_.wall_now = WallNow;
  worker_.append_tick = [this](std::int32_t partition, Instant at) {
    publishing_->AppendTick(module_.topology.inputs[module_.topology.internal], partition, at);
  };
  worker_.effect = [this](std::int32_t partition, std::string bytes) {
    if (doors_) doors_->OnEffect(partition, std::move(bytes));
  };
  worker_.confirmed = [this] { return shards_->Confirmed(); };
  worker_.news = [this] { News(); };
}

void KafkaSystem::Impl::News() {
  {
    const std::lock_guard lock(mutex_);
    ++news_count_;
  }
  news_.notify_all();
}

// Positions of topics that this service does not read do not hold an answer back.
Result<void> KafkaSystem::Impl::AwaitToken(const Token& token, std::int32_t partition) const {
  const Deadline deadline = std::chrono::steady_clock::now() + settings_.wait;
  for (const TopicPosition& position : token) {
    if (position.partition != partition || position.next == 0) continue;
    const auto worker = shards_->Find(partition);
    if (!worker) return Fail(ErrorCode::kUnavailable, "the shard was released while the call waited for its position");
    MAINSTAY_TRY(AwaitOwned(module_.topology, *worker, position.topic, {position.next - 1}, deadline));
  }
  return {};
}

rpc::CallMetadata KafkaSystem::Impl::TokenAfter(const Token& asked, std::int32_t partition) const {
  Token token = asked;
  if (const auto worker = shards_->Find(partition)) {
    const stream::Meta meta = worker->progress().meta();
    for (std::size_t i = 0; i < meta.positions.size(); ++i) {
      token.push_back({module_.topology.inputs[i], partition, meta.positions[i]});
    }
    const std::vector<std::int64_t> ends = worker->OutputEnds();
    for (std::size_t i = 0; i < ends.size(); ++i) token.push_back({module_.topology.outputs[i], partition, ends[i]});
  }
  return {{kTokenKey, FormatToken(token)}};
}

Result<std::unique_ptr<KafkaSystem>> KafkaSystem::Open(const ProcessSettings& settings, ServiceModule module,
                                                       EventFormat format, Telemetry telemetry) {
  auto impl = std::make_unique<Impl>(settings, std::move(module), std::move(format));
  auto system = std::unique_ptr<KafkaSystem>(new KafkaSystem(std::move(impl)));
  KafkaSystem* self = system.get();
  MAINSTAY_TRY(self->impl_->Open({self, self, self, self}, telemetry));
  return system;
}

KafkaSystem::KafkaSystem(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

KafkaSystem::~KafkaSystem() { Stop(); }

std::vector<grpc::Service*> KafkaSystem::services() {
  std::vector<grpc::Service*> all = impl_->doors_->services();
  all.push_back(impl_->peer_service_.get());
  return all;
}

void KafkaSystem::Join(const std::string& address) {
  impl_->address_ = address;
  impl_->worker_.at = " " + address;
  impl_->shards_->Join(address);
}

void KafkaSystem::ShutDownDoors() {
  std::call_once(impl_->doors_down_, [this] {
    if (impl_->doors_) impl_->doors_->Shutdown();
  });
}

void KafkaSystem::Stop() {
  ShutDownDoors();
  impl_->stopping_ = true;
  impl_->news_.notify_all();
  if (impl_->shards_) impl_->shards_->Stop();
}

std::optional<Error> KafkaSystem::failure() const { return impl_->shards_->failure(); }

Result<rpc::Route> KafkaSystem::RouteCall(const rpc::RoutedCall& call, const std::shared_ptr<grpc::Channel>& local) {
  const std::string& own = impl_->module_.topology.service;
  const std::string service = ServiceOfMethod(call.method);
  if (service.empty()) return rpc::Route{local, {}, nullptr};
  const std::string book = BookOfRequest(call.method, call.first_message);
  if (service == own && book.empty()) return rpc::Route{local, {}, nullptr};
  const std::int32_t partition = PartitionOf(book, partitions());
  if (service == own && impl_->shards_->Find(partition)) {
    MAINSTAY_TRY_ASSIGN(token, TokenOf(call));
    MAINSTAY_TRY(impl_->AwaitToken(token, partition));
    return rpc::Route{local, {}, [this, asked = token, partition] { return impl_->TokenAfter(asked, partition); }};
  }
  std::string owner;
  if (book.empty()) {
    MAINSTAY_TRY_ASSIGN(members, impl_->peers_->MembersOf(service));
    owner = members.front();
  } else {
    MAINSTAY_TRY_ASSIGN(address, impl_->peers_->OwnerOf(service, partition));
    owner = address;
  }
  const int hops = HopsOf(call);
  const bool own_address = owner == impl_->address_;
  if (own_address || hops + 1 >= kMostHops + (book.empty() ? 1 : 0)) {
    impl_->peers_->Forget(service);
    return Fail(ErrorCode::kUnavailable,
                "shard " + std::to_string(partition) + " of " + service + " belongs to " + owner +
                    (own_address ? ", which is this process: it is not running it yet, or any more" : "; ask there"));
  }
  return rpc::Route{impl_->peers_->ChannelTo(owner), {{kHopsKey, std::to_string(hops + 1)}}, nullptr};
}

std::int32_t KafkaSystem::partitions() const { return impl_->settings_.partitions; }

Result<std::unique_ptr<stream::Snapshot>> KafkaSystem::ReadShard(std::string_view service,
                                                                 std::int32_t partition) const {
  if (service != impl_->module_.topology.service) {
    return Fail(ErrorCode::kInternal, "the state of " + std::string(service) + " is not in this process");
  }
  if (const auto worker = impl_->shards_->Find(partition)) return worker->TakeSnapshot();
  MAINSTAY_TRY_ASSIGN(owner, impl_->peers_->OwnerOf(std::string(service), partition));
  if (owner == impl_->address_) {
    return Fail(ErrorCode::kUnavailable, "shard " + std::to_string(partition) + " of " + std::string(service) +
                                             " belongs to " + owner + ", which does not run it yet, or any more");
  }
  return impl_->peers_->ReadShard(owner, partition);
}

Instant KafkaSystem::Now() const {
  if (!impl_->settings_.data_clock) return WallNow();
  const std::optional<Instant> time = StreamTime();
  return time ? *time : WallNow();
}

std::future<Result<std::vector<Acknowledgement>>> KafkaSystem::Publish(std::vector<Publication> publications,
                                                                       Wait wait) {
  return impl_->publishing_->Publish(std::move(publications), wait);
}

Result<std::vector<stream::Record>> KafkaSystem::Read(const std::string& topic, std::int32_t partition,
                                                      std::int64_t offset, std::size_t max) const {
  MAINSTAY_TRY_ASSIGN(wires, impl_->reader_->Read(topic, partition, offset, max, kReadWait));
  std::vector<stream::Record> records;
  for (sk::WireRecord& wire : wires) {
    stream::Record& record = records.emplace_back();
    record.offset = wire.offset;
    record.ingest_ms = wire.timestamp_ms;
    record.key = wire.key;
    if (topic.ends_with(".dead-letter")) {
      record.value = sk::DeadLetterFromWire(wire);
    } else if (impl_->format_.AppliesTo(topic)) {
      record.value = impl_->format_.FromWire(topic, std::move(wire));
    } else if (wire.value) {
      record.value = std::move(*wire.value);
    }
  }
  return records;
}

// Behind the last record: the markers that end transactions take offsets too, which no reader ever reaches.
Result<std::int64_t> KafkaSystem::End(const std::string& topic, std::int32_t partition) const {
  MAINSTAY_TRY_ASSIGN(range, impl_->reader_->Range(topic, partition, kAskRange));
  for (std::int64_t back = 2; range.end > range.begin; back *= 16) {
    const std::int64_t from = std::max(range.begin, range.end - back);
    MAINSTAY_TRY_ASSIGN(records,
                        impl_->reader_->Read(topic, partition, from, static_cast<std::size_t>(back), kReadWait));
    if (!records.empty()) return records.back().offset + 1;
    if (from == range.begin) break;
  }
  return range.begin;
}

std::uint64_t KafkaSystem::AwaitNews(std::uint64_t seen, Duration timeout) const {
  std::unique_lock lock(impl_->mutex_);
  const auto arrived = [&] { return impl_->news_count_ != seen || impl_->stopping_; };
  impl_->news_.wait_for(lock, std::min(timeout, kNewsAge), arrived);
  // Nobody tells of what other processes wrote, so a pause counts as news.
  if (!arrived() && timeout >= kNewsAge) ++impl_->news_count_;
  return impl_->news_count_;
}

std::string KafkaSystem::ClockName() const { return impl_->settings_.data_clock ? "data" : "wall"; }

std::optional<Instant> KafkaSystem::StreamTime() const {
  std::int64_t latest = INT64_MIN;
  const auto workers = impl_->shards_->All();
  for (const auto& worker : workers) latest = std::max(latest, worker->progress().meta().stream_time_ms);
  if (static_cast<std::int32_t>(workers.size()) < partitions()) {
    if (const auto members = impl_->peers_->MembersOf(impl_->module_.topology.service)) {
      for (const std::string& member : *members) {
        if (member == impl_->address_) continue;
        if (const auto theirs = impl_->peers_->StreamTimeMs(member)) latest = std::max(latest, *theirs);
      }
    }
  }
  if (latest == INT64_MIN) return std::nullopt;
  return FromMs(latest);
}

Result<void> KafkaSystem::AdvanceTo(Instant until) {
  if (!impl_->settings_.data_clock) {
    return Fail(ErrorCode::kFailedPrecondition, "this installation runs on the wall clock, which nobody can move");
  }
  return impl_->publishing_->TickAll(until);
}

Result<void> KafkaSystem::SwitchToWall() {
  if (!impl_->settings_.data_clock) return {};
  return Fail(ErrorCode::kFailedPrecondition,
              "an installation on Kafka keeps its clock: it is a setting of its topics and of every process");
}

}  // namespace mainstay::app
