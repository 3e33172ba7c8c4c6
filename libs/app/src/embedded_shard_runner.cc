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
}

void EmbeddedShardRunner::Enqueue(ShardWork work) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back(std::move(work));
}

void EmbeddedShardRunner::FailWaiting(const Error& error) {
  std::deque<ShardWork> work;
  {
    const std::lock_guard lock(mutex_);
    work.swap(waiting_);
  }
  for (const ShardWork& item : work) {
    if (item.call) item.call->ShardDone(tl::unexpected(error));
  }
}

Result<bool> EmbeddedShardRunner::RunOnce(bool wall_clock) {
  std::deque<ShardWork> work;
  {
    const std::lock_guard lock(mutex_);
    work.swap(waiting_);
  }
  const Result<bool> worked = Work(work, wall_clock);
  const Result<void> result = worked ? Result<void>{} : tl::unexpected(worked.error());
  for (const ShardWork& item : work) {
    if (item.call) item.call->ShardDone(result);
  }
  return worked;
}

Result<bool> EmbeddedShardRunner::Work(std::deque<ShardWork>& work, bool wall_clock) {
  Awaited awaited;
  MAINSTAY_TRY(TakeDeliveries(work));
  MAINSTAY_TRY(AppendPublications(work, awaited));
  MAINSTAY_TRY_ASSIGN(progressed, RunServices(awaited));
  if (wall_clock) {
    MAINSTAY_TRY_ASSIGN(ticked, AppendTicks());
    if (ticked) {
      MAINSTAY_TRY_ASSIGN(fired, RunServices(awaited));
      progressed = progressed || fired;
    }
  }
  const bool busy = progressed || !work.empty();
  if (busy) {
    MAINSTAY_TRY(shard_->Sync());
    MAINSTAY_TRY(SendOutbox());
    // Only what is durable here may be forgotten there.
    for (const ShardWork& item : work) {
      if (item.delivered.empty()) continue;
      ShardWork receipt;
      receipt.source = partition_;
      receipt.acknowledged = item.delivered.back().sequence;
      links_.send(item.source, std::move(receipt));
    }
  }
  return busy;
}

Result<void> EmbeddedShardRunner::TakeDeliveries(std::deque<ShardWork>& work) {
  for (const ShardWork& item : work) {
    if (item.acknowledged) MAINSTAY_TRY(shard_->AcknowledgeOutbox(item.source, *item.acknowledged));
    if (!item.delivered.empty()) MAINSTAY_TRY(shard_->Deliver(item.source, item.delivered));
  }
  return {};
}

Result<void> EmbeddedShardRunner::AppendPublications(std::deque<ShardWork>& work, Awaited& awaited) {
  std::vector<stream_rocksdb::Append> appends;
  std::vector<Acknowledgement*> targets;
  for (ShardWork& item : work) {
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
    awaited[{std::string(appends[i].topic), offsets[i]}] = targets[i];
  }
  return {};
}

Result<bool> EmbeddedShardRunner::RunServices(Awaited& awaited) {
  bool any = false;
  for (bool again = true; again;) {
    again = false;
    for (ServiceRun& run : services_) {
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
