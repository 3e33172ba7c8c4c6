#include "embedded_shard_runner.h"

#include <algorithm>

namespace mainstay::app {
namespace {

constexpr std::size_t kOutboxBatch = 10'000;

}  // namespace

void PublishCall::ShardDone(const Result<void>& result) {
  {
    const std::lock_guard lock(mutex);
    if (!result && !error) error = result.error();
    if (--shards_left > 0) return;
  }
  if (error) {
    promise.set_value(tl::unexpected(*error));
  } else {
    promise.set_value(std::move(acknowledgements));
  }
}

EmbeddedShardRunner::EmbeddedShardRunner(std::unique_ptr<stream_rocksdb::EmbeddedShard> shard, std::int32_t partition,
                                         std::int32_t partitions, const std::vector<ServiceModule>& modules,
                                         Links links)
    : shard_(std::move(shard)), partition_(partition), links_(std::move(links)) {
  for (std::size_t i = 0; i < modules.size(); ++i) {
    ServiceRun run;
    run.module = &modules[i];
    run.log = std::make_unique<stream_rocksdb::EmbeddedShardLog>(*shard_, modules[i].topology);
    const auto effect = [this, i](std::int32_t p, std::string bytes) { links_.effect(i, p, std::move(bytes)); };
    run.loop = std::make_unique<stream::ShardLoop>(modules[i].topology, partition, partitions, *run.log, *run.log,
                                                   modules[i].make_processor(partition, partitions), effect);
    services_.push_back(std::move(run));
  }
  DivideServices();
}

void EmbeddedShardRunner::DivideServices() {
  const auto outputs_of = [](const ServiceRun& run) {
    const stream::Topology& topology = run.module->topology;
    std::vector<std::string> topics = topology.outputs;
    topics.push_back(topology.inputs[topology.internal]);
    topics.push_back(topology.dead_letter);
    return topics;
  };
  for (const ServiceRun& run : std::span(services_).subspan(1)) {
    for (std::string& topic : outputs_of(run)) own_.insert(std::move(topic));
  }
  const std::vector<std::string>& first_reads = services_.front().module->topology.inputs;
  const bool alone = std::none_of(first_reads.begin(), first_reads.end(), [&](auto& t) { return own_.contains(t); });
  if (alone) {
    ahead_ = 1;
  } else {
    for (std::string& topic : outputs_of(services_.front())) own_.insert(std::move(topic));
  }
  for (const ServiceRun& run : Behind()) {
    for (const std::string& topic : run.module->topology.inputs) {
      if (!own_.contains(topic)) handed_.insert(topic);
    }
  }
}

void EmbeddedShardRunner::Enqueue(ShardWork work) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back(std::move(work));
}

void EmbeddedShardRunner::FailWaiting(const Error& error) {
  Chunk chunk;
  {
    const std::lock_guard lock(mutex_);
    chunk.work.swap(waiting_);
  }
  Answer(chunk, tl::unexpected(error));
}

void EmbeddedShardRunner::Answer(const Chunk& chunk, const Result<void>& result) {
  for (const ShardWork& item : chunk.work) {
    if (item.call) item.call->ShardDone(result);
  }
}

bool EmbeddedShardRunner::MayRunAhead(const std::deque<ShardWork>& work) const {
  const auto may = [&](const ShardWork& item) {
    const auto own = [&](const auto& record) { return own_.contains(record.topic); };
    if (item.advance_to || std::any_of(item.delivered.begin(), item.delivered.end(), own)) return false;
    return std::none_of(item.indices.begin(), item.indices.end(),
                        [&](std::size_t index) { return own(item.call->publications[index]); });
  };
  return std::all_of(work.begin(), work.end(), may);
}

bool EmbeddedShardRunner::MayBegin() const {
  if (unfinished_ == 0) return true;
  return unfinished_ == 1 && !waiting_.empty() && MayRunAhead(waiting_);
}

Result<std::optional<EmbeddedShardRunner::Chunk>> EmbeddedShardRunner::Begin(bool wall_clock) {
  Chunk chunk;
  bool idle = false;
  {
    const std::lock_guard lock(mutex_);
    if (!MayBegin()) return std::optional<Chunk>{};
    chunk.work.swap(waiting_);
    idle = unfinished_ == 0;  // Stays so: only this thread begins.
  }
  const Result<bool> begun = BeginServices(chunk, wall_clock && idle);
  if (!begun) {
    Answer(chunk, tl::unexpected(begun.error()));
    return tl::unexpected(begun.error());
  }
  if (!*begun && chunk.work.empty()) return std::optional<Chunk>{};
  const std::lock_guard lock(mutex_);
  ++unfinished_;
  return std::optional(std::move(chunk));
}

Result<bool> EmbeddedShardRunner::BeginServices(Chunk& chunk, bool tick) {
  MAINSTAY_TRY(TakeDeliveries(chunk.work));
  MAINSTAY_TRY(AppendPublications(chunk));
  MAINSTAY_TRY_ASSIGN(ticked, tick ? AppendTicks() : Result<bool>(false));
  MAINSTAY_TRY_ASSIGN(progressed, RunServices(Ahead(), chunk.awaited));
  for (const std::string& topic : handed_) chunk.ends[topic] = shard_->WrittenEnd(topic);
  return ticked || progressed;
}

Result<void> EmbeddedShardRunner::Finish(Chunk chunk) {
  const Result<void> finished = FinishServices(chunk);
  Answer(chunk, finished);
  const std::lock_guard lock(mutex_);
  --unfinished_;
  return finished;
}

Result<void> EmbeddedShardRunner::FinishServices(Chunk& chunk) {
  for (ServiceRun& run : Behind()) run.log->SeeUpTo(chunk.ends);
  MAINSTAY_TRY(RunServices(Behind(), chunk.awaited));
  MAINSTAY_TRY(shard_->Sync());
  MAINSTAY_TRY(SendOutbox());
  SendReceipts(chunk.work);
  return {};
}

Result<void> EmbeddedShardRunner::CatchUp(bool wall_clock) {
  Chunk kept;
  MAINSTAY_TRY(BeginServices(kept, false));
  MAINSTAY_TRY(FinishServices(kept));
  MAINSTAY_TRY_ASSIGN(chunk, Begin(wall_clock));
  if (!chunk) return {};
  return Finish(std::move(*chunk));
}

// Only what is durable here may be forgotten there.
void EmbeddedShardRunner::SendReceipts(const std::deque<ShardWork>& work) {
  for (const ShardWork& item : work) {
    if (item.delivered.empty()) continue;
    ShardWork receipt;
    receipt.source = partition_;
    receipt.acknowledged = item.delivered.back().sequence;
    links_.send(item.source, std::move(receipt));
  }
}

Result<void> EmbeddedShardRunner::TakeDeliveries(const std::deque<ShardWork>& work) {
  for (const ShardWork& item : work) {
    if (item.acknowledged) MAINSTAY_TRY(shard_->AcknowledgeOutbox(item.source, *item.acknowledged));
    if (!item.delivered.empty()) MAINSTAY_TRY(shard_->Deliver(item.source, item.delivered));
  }
  return {};
}

Result<void> EmbeddedShardRunner::AppendPublications(Chunk& chunk) {
  std::vector<stream_rocksdb::Append> appends;
  std::vector<Acknowledgement*> targets;
  for (ShardWork& item : chunk.work) {
    if (!item.call) continue;
    for (const std::size_t index : item.indices) {
      const Publication& publication = item.call->publications[index];
      const std::string& key = publication.record_key ? *publication.record_key : publication.book;
      appends.push_back({publication.topic, ToMs(publication.event_time), key, publication.value});
      targets.push_back(&item.call->acknowledgements[index]);
    }
    if (!item.advance_to) continue;
    for (const ServiceRun& run : services_) {
      const stream::Topology& topology = run.module->topology;
      appends.push_back({topology.inputs[topology.internal], ToMs(*item.advance_to), stream::kTickKey, {}});
      targets.push_back(nullptr);
    }
  }
  if (appends.empty()) return {};
  MAINSTAY_TRY_ASSIGN(offsets, shard_->AppendAll(appends));
  for (std::size_t i = 0; i < appends.size(); ++i) {
    if (targets[i] == nullptr) continue;
    targets[i]->partition = partition_;
    targets[i]->offset = offsets[i];
    chunk.awaited[{std::string(appends[i].topic), offsets[i]}] = targets[i];
  }
  return {};
}

Result<bool> EmbeddedShardRunner::RunServices(std::span<ServiceRun> services, Awaited& awaited) {
  bool any = false;
  for (bool again = true; again;) {
    again = false;
    for (ServiceRun& run : services) {
      MAINSTAY_TRY_ASSIGN(progressed, RunService(run, awaited));
      again = again || progressed;
    }
    any = any || again;
  }
  return any;
}

Result<bool> EmbeddedShardRunner::RunService(ServiceRun& run, Awaited& awaited) {
  bool any = false;
  for (;;) {
    MAINSTAY_TRY_ASSIGN(step, run.loop->Step(links_.wall_now()));
    if (step.dropped) continue;  // Taken again by the next step.
    if (!step.progressed) {
      if (run.log->last_error().empty()) break;
      return Fail(ErrorCode::kUnavailable, run.log->last_error());
    }
    any = true;
    for (stream::ProcessedRecord& processed : step.processed) {
      const auto found = awaited.find({run.module->topology.inputs[processed.topic], processed.offset});
      if (found == awaited.end()) continue;
      stream::Verdict& verdict = found->second->verdict;  // The first service that objects decides.
      if (verdict.kind == stream::Verdict::Kind::kAccepted) verdict = std::move(processed.verdict);
    }
  }
  if (run.loop->meta().stream_time_ms != INT64_MIN) links_.time_moved(run.loop->meta().stream_time_ms);
  return any;
}

Result<bool> EmbeddedShardRunner::AppendTicks() {
  const Instant now = links_.wall_now();
  std::vector<stream_rocksdb::Append> ticks;
  for (ServiceRun& run : services_) {
    MAINSTAY_TRY_ASSIGN(next, run.loop->NextTimerAt());
    if (!next || *next > now) continue;
    const stream::Topology& topology = run.module->topology;
    ticks.push_back({topology.inputs[topology.internal], ToMs(now), stream::kTickKey, {}});
  }
  if (ticks.empty()) return false;
  MAINSTAY_TRY(shard_->AppendAll(ticks));
  return true;
}

Result<std::optional<Instant>> EmbeddedShardRunner::NextTimerAt() {
  std::optional<Instant> earliest;
  {
    const std::lock_guard lock(mutex_);
    if (unfinished_ > 0) return earliest;
  }
  for (ServiceRun& run : services_) {
    MAINSTAY_TRY_ASSIGN(next, run.loop->NextTimerAt());
    if (next && (!earliest || *next < *earliest)) earliest = next;
  }
  return earliest;
}

Result<void> EmbeddedShardRunner::SendOutbox() {
  MAINSTAY_TRY_ASSIGN(records, shard_->ReadOutbox(kOutboxBatch));
  std::map<std::int32_t, ShardWork> by_destination;
  for (stream_rocksdb::Outbound& record : records) {
    std::uint64_t& sent = sent_[record.destination];
    if (record.sequence <= sent) continue;
    sent = record.sequence;
    ShardWork& work = by_destination[record.destination];
    work.source = partition_;
    work.delivered.push_back(std::move(record));
  }
  for (auto& [destination, work] : by_destination) links_.send(destination, std::move(work));
  return {};
}

}  // namespace mainstay::app
