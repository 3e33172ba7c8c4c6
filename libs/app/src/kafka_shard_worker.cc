#include "kafka_shard_worker.h"

#include <algorithm>

#include "mainstay/telemetry/log.h"

namespace mainstay::app {
namespace {

using telemetry::Family;
using telemetry::Labels;
using telemetry::LogKey;
using telemetry::Severity;

constexpr Duration kFirstBackoff{200};
constexpr Duration kLongestBackoff{5'000};
constexpr Duration kIdle{1'000};       // An idle shard looks up this often.
constexpr Duration kAtRest{5'000};     // One that has been idle for two such looks: nothing is new to measure.
constexpr Duration kBehind{20};        // An upstream transaction is open.
constexpr Duration kTickAgain{1'000};  // A tick that has not come back by then is appended again.

constexpr Family kConsumed{"mainstay_events_consumed_total", "Records taken from input topics."};
constexpr Family kRefused{"mainstay_events_dead_lettered_total", "Records set aside in the dead-letter topic."};
constexpr Family kDuplicates{"mainstay_events_duplicate_total", "Records whose id was seen before."};
constexpr Family kTimers{"mainstay_timers_fired_total", "Durable timers that fired."};
constexpr Family kStepSeconds{"mainstay_transaction_seconds",
                              "The step of a shard that ended in a commit: taking what was there, and committing."};
constexpr Family kTransactions{"mainstay_transactions_total", "Kafka transactions by outcome."};
constexpr Family kReplaced{"mainstay_producers_replaced_total", "Producers given up after a request timed out."};
constexpr Family kRestored{"mainstay_restored_records_total", "Changelog and dedup records read at acquisition."};
constexpr Family kRestoreSeconds{"mainstay_restore_seconds", "Duration of the last restore of a shard."};
constexpr Family kLag{"mainstay_consumer_lag_records", "Records that wait in input topics."};
constexpr Family kWatermark{"mainstay_watermark_lag_seconds",
                            "Wall clock minus stream time while input waits, else 0."};

std::int64_t SteadyMs() {
  return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

constexpr Family kProduced{"mainstay_events_produced_total", "Records written to output topics."};
constexpr Family kEndToEnd{"mainstay_end_to_end_seconds",
                           "From the ingest of a transaction's newest record to its commit; `wall` clock only."};
constexpr Family kTimerLateness{"mainstay_timer_lateness_seconds", "How long the first timer has been due, else 0."};
constexpr Family kPending{"mainstay_store_pending_bytes", "Rows of a shard's local state that are in memory only."};
constexpr Family kMemtables{"mainstay_rocksdb_memtable_bytes", "Memtables of a shard's local state."};
constexpr Family kFiles{"mainstay_rocksdb_file_bytes", "Files of a shard's local state."};
constexpr Family kCompaction{"mainstay_rocksdb_compaction_pending_bytes", "Bytes that wait for compaction."};
constexpr Family kWriteStopped{"mainstay_rocksdb_write_stopped", "1 while writes wait for compaction."};

}  // namespace

KafkaShardWorker::KafkaShardWorker(const Setting& setting, std::int32_t partition)
    : setting_(setting), partition_(partition), last_alive_ms_(SteadyMs()) {
  progress_.NotRunning({ErrorCode::kUnavailable,
                        Recovery::kRetry,
                        "shard " + std::to_string(partition) + " of " + setting.module->topology.service +
                            " is being restored at its owner" + setting.at + "; ask again in a moment",
                        {}});
  thread_ = std::thread([this] { Run(); });
}

KafkaShardWorker::~KafkaShardWorker() {
  RequestStop();
  thread_.join();
}

void KafkaShardWorker::RequestStop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  if (log_ != nullptr) log_->Wake();
  stop_.notify_all();
  progress_.Close();
}

void KafkaShardWorker::WaitStopped(std::chrono::steady_clock::time_point until) {
  std::unique_lock lock(mutex_);
  stop_.wait_until(lock, until, [this] { return stopping_.load(); });
}

void KafkaShardWorker::Run() {
  Duration backoff = kFirstBackoff;
  std::string said;
  while (!stopping_) {
    const Result<void> ended = RunSession();
    if (stopping_) break;
    const Error error =
        ended ? Error{ErrorCode::kUnavailable, Recovery::kRetry, "the shard starts over", {}} : ended.error();
    if (progress_.running()) backoff = kFirstBackoff;
    progress_.NotRunning({ErrorCode::kUnavailable,
                          Recovery::kRetry,
                          "shard " + std::to_string(partition_) + " of " + setting_.module->topology.service +
                              " is not running: " + error.message,
                          {}});
    if (error.message != said) {
      telemetry::Log(Severity::kWarning, "shard_stopped",
                     {{LogKey::kPartition, partition_}, {LogKey::kMessage, error.message}});
      said = error.message;
    }
    WaitStopped(std::chrono::steady_clock::now() + backoff);
    backoff = std::min(2 * backoff, kLongestBackoff);
  }
  progress_.NotRunning({ErrorCode::kUnavailable, Recovery::kRetry, "the shard was released here", {}});
}

Result<void> KafkaShardWorker::RunSession() {
  const std::string name = "shard-" + std::to_string(partition_);
  MAINSTAY_TRY_ASSIGN(opened, stream_rocksdb::LocalStore::Open(setting_.directory / name,
                                                               setting_.identity + "/" + name, *setting_.memory));
  const std::shared_ptr<stream_rocksdb::LocalStore> store = std::move(opened);
  const stream::Topology& topology = setting_.module->topology;
  stream_kafka::KafkaShardLog log(*setting_.cluster, topology, partition_, setting_.log);
  stream::ShardLoop loop(topology, partition_, setting_.partitions, log, *store,
                         setting_.module->make_processor(partition_, setting_.partitions), setting_.effect,
                         setting_.loop);
  {
    const std::lock_guard lock(mutex_);
    store_ = store;
    log_ = &log;
  }
  Result<void> ended = RunLoop(loop, log, *store);
  {
    const std::lock_guard lock(mutex_);
    store_.reset();
    log_ = nullptr;
    passed_.clear();
  }
  if (ended) log.Release();
  return ended;
}

Result<void> KafkaShardWorker::RunLoop(stream::ShardLoop& loop, stream_kafka::KafkaShardLog& log,
                                       const stream_rocksdb::LocalStore& store) {
  ticked_at_.reset();
  bool running = false;
  auto moved_at = std::chrono::steady_clock::now();
  auto silent_until = moved_at;
  while (!stopping_) {
    const auto begun = std::chrono::steady_clock::now();
    const bool has_time = begun < silent_until && !progress_.HasCaller();
    MAINSTAY_TRY_ASSIGN(step, loop.Step(setting_.wall_now(), has_time ? kWorthATransaction : 0));
    if (step.released) {
      return Fail(ErrorCode::kUnavailable, setting_.confirmed() ? "fenced: another process started this shard"
                                                                : "fenced: the shard went to another process");
    }
    if (!running) {
      progress_.Running(loop.meta());
      running = true;
      telemetry::Log(Severity::kInfo, "shard_running",
                     {{LogKey::kPartition, partition_},
                      {LogKey::kSeconds, static_cast<double>(log.stats().last_restore.count()) / 1000}});
    }
    if (!step.waiting) last_alive_ms_ = SteadyMs();
    MeasureSometimes(log, loop, store);
    if (step.open) {
      progress_.AwaitCaller(std::min(silent_until, begun + kLook));
      continue;
    }
    if (step.progressed) {
      Progressed(step, loop, begun);
      moved_at = begun;
      const Pace pace = PaceOf(log.stats().commit_latency, setting_.partitions);
      silent_until = begun + pace.silent;
      if (step.records < kWorthATransaction) WaitStopped(begun + pace.always);
      continue;
    }
    if (step.dropped) continue;
    if (begun - moved_at >= kIdle) MAINSTAY_TRY(store.WritePending());
    Duration pause = kBehind;
    if (!step.waiting) {
      MAINSTAY_TRY_ASSIGN(until_due, Tick(loop, begun - moved_at < 2 * kIdle ? kIdle : kAtRest));
      pause = until_due;
    }
    if (!stopping_) log.AwaitInput(pause);
  }
  return {};
}

void KafkaShardWorker::Progressed(stream::StepResult& step, const stream::ShardLoop& loop,
                                  std::chrono::steady_clock::time_point begun) {
  ticked_at_.reset();
  Measure(step, std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
  // With the `data` clock ingest times are the events' own, and say nothing about how fast we are.
  if (setting_.ticks && step.records > 0) {
    const auto age = static_cast<double>(ToMs(setting_.wall_now()) - loop.meta().stream_time_ms) / 1000;
    setting_.metrics->Observe(kEndToEnd, {}, std::max(age, 0.0));
  }
  progress_.Advanced(loop.meta(), std::move(step.processed));
  setting_.news();
}

Result<Duration> KafkaShardWorker::Tick(stream::ShardLoop& loop, Duration longest) {
  if (!setting_.ticks) return longest;
  MAINSTAY_TRY_ASSIGN(next, loop.NextTimerAt());
  if (!next) return longest;
  const Instant now = setting_.wall_now();
  if (*next > now) return std::min(longest, *next - now);
  if (!ticked_at_ || now - *ticked_at_ >= kTickAgain) {
    setting_.append_tick(partition_, now);
    ticked_at_ = now;
  }
  return kIdle;
}

void KafkaShardWorker::Measure(const stream::StepResult& step, double seconds) {
  std::vector<double> taken(setting_.module->topology.inputs.size());
  double refused = 0;
  double duplicates = 0;
  for (const stream::ProcessedRecord& record : step.processed) {
    ++taken[record.topic];
    if (record.verdict.kind == stream::Verdict::Kind::kRejected) ++refused;
    if (record.verdict.kind == stream::Verdict::Kind::kAlreadySeen) ++duplicates;
  }
  telemetry::Metrics& metrics = *setting_.metrics;
  for (std::size_t i = 0; i < taken.size(); ++i) {
    if (taken[i] > 0) metrics.Count(kConsumed, {{"topic", setting_.module->topology.inputs[i]}}, taken[i]);
  }
  if (refused > 0) metrics.Count(kRefused, {}, refused);
  if (duplicates > 0) metrics.Count(kDuplicates, {}, duplicates);
  if (step.timers > 0) metrics.Count(kTimers, {}, static_cast<double>(step.timers));
  metrics.Observe(kStepSeconds, {}, seconds);
}

// Once a second at most: asking for ends costs a look at every input.
void KafkaShardWorker::MeasureSometimes(stream_kafka::KafkaShardLog& log, stream::ShardLoop& loop,
                                        const stream_rocksdb::LocalStore& store) {
  const auto now = std::chrono::steady_clock::now();
  if (now - measured_at_ < kIdle) return;
  measured_at_ = now;
  MeasureLog(log, loop.meta());
  MeasureStore(loop, store);
}

void KafkaShardWorker::MeasureStore(stream::ShardLoop& loop, const stream_rocksdb::LocalStore& store) {
  telemetry::Metrics& metrics = *setting_.metrics;
  const Labels shard = {{"partition", std::to_string(partition_)}};
  const stream_rocksdb::StoreSizes sizes = store.Sizes();
  metrics.Set(kPending, shard, static_cast<double>(sizes.pending_bytes));
  metrics.Set(kMemtables, shard, static_cast<double>(sizes.memtable_bytes));
  metrics.Set(kFiles, shard, static_cast<double>(sizes.file_bytes));
  metrics.Set(kCompaction, shard, static_cast<double>(sizes.compaction_bytes));
  metrics.Set(kWriteStopped, shard, sizes.write_stopped ? 1 : 0);
  const auto next = loop.NextTimerAt();
  const bool late = setting_.ticks && next && *next && setting_.wall_now() > **next;
  metrics.Set(kTimerLateness, shard, late ? static_cast<double>((setting_.wall_now() - **next).count()) / 1000 : 0);
}

void KafkaShardWorker::MeasureLog(stream_kafka::KafkaShardLog& log, const stream::Meta& meta) {
  telemetry::Metrics& metrics = *setting_.metrics;
  const Labels shard = {{"partition", std::to_string(partition_)}};
  std::int64_t lag = 0;
  std::vector<std::int64_t> passed;
  for (std::size_t i = 0; i < meta.positions.size(); ++i) {
    const auto topic = static_cast<stream::TopicId>(i);
    const auto end = log.End(topic);
    passed.push_back(log.Passed(topic, meta.positions[i]));
    if (end) lag += std::max<std::int64_t>(0, *end - meta.positions[i]);
  }
  {
    const std::lock_guard lock(mutex_);
    passed_ = std::move(passed);
  }
  metrics.Set(kLag, shard, static_cast<double>(lag));
  const bool behind = lag > 0 && meta.stream_time_ms != INT64_MIN;
  metrics.Set(kWatermark, shard,
              behind ? static_cast<double>(ToMs(setting_.wall_now()) - meta.stream_time_ms) / 1000 : 0);
  const stream_kafka::ShardLogStats stats = log.stats();
  const auto total = [&](const Family& family, const char* outcome, std::uint64_t value) {
    Labels labels = shard;
    if (outcome != nullptr) labels["outcome"] = outcome;
    metrics.CountTo(family, labels, static_cast<double>(value));
  };
  total(kTransactions, "committed", stats.committed);
  total(kTransactions, "aborted", stats.aborted);
  total(kTransactions, "fenced", stats.fenced);
  total(kTransactions, "unknown", stats.unknown);
  total(kProduced, nullptr, stats.produced);
  total(kReplaced, nullptr, stats.producers_replaced);
  total(kRestored, nullptr, stats.restored_records);
  metrics.Set(kRestoreSeconds, shard, static_cast<double>(stats.last_restore.count()) / 1000);
}

Result<std::unique_ptr<stream::Snapshot>> KafkaShardWorker::TakeSnapshot() const {
  if (!progress_.running()) return tl::unexpected(progress_.reason());
  std::shared_ptr<stream_rocksdb::LocalStore> store;
  {
    const std::lock_guard lock(mutex_);
    store = store_;
  }
  if (!store) return Fail(ErrorCode::kUnavailable, "the shard starts over");
  return store->TakeSnapshot();
}

std::vector<std::int64_t> KafkaShardWorker::OutputEnds() const {
  const std::lock_guard lock(mutex_);
  return log_ == nullptr ? std::vector<std::int64_t>{} : log_->OutputEnds();
}

std::vector<std::int64_t> KafkaShardWorker::Passed() const {
  const std::lock_guard lock(mutex_);
  return passed_;
}

Duration KafkaShardWorker::Stalled() const { return Duration{SteadyMs() - last_alive_ms_}; }

}  // namespace mainstay::app
