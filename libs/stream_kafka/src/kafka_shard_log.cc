#include "mainstay/stream_kafka/kafka_shard_log.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <tuple>
#include <utility>

#include "levers.h"
#include "mainstay/base/check.h"
#include "meta_format.h"
#include "shard_log_impl.h"

namespace mainstay::stream_kafka {
namespace {

using SteadyClock = std::chrono::steady_clock;
using stream::Outcome;

constexpr auto kNoteEvery = std::chrono::seconds{1};
constexpr std::size_t kSeenBytes = 512 << 10;  // Of ids that were seen, in one record.

Instant Now(const ShardLogOptions& options) {
  if (options.wall_clock) return options.wall_clock();
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

Duration Since(SteadyClock::time_point start) {
  return std::chrono::duration_cast<Duration>(SteadyClock::now() - start);
}

}  // namespace

Levers& TestLevers() {
  static Levers levers;
  return levers;
}

std::string ChangelogTopic(const std::string& installation, const std::string& service) {
  return installation + "." + service + ".changelog";
}

std::string DedupTopic(const std::string& installation, const std::string& service) {
  return installation + "." + service + ".dedup";
}

KafkaShardLog::Impl::Impl(KafkaCluster& cluster, const stream::Topology& topology, std::int32_t partition,
                          ShardLogOptions options)
    : cluster_(cluster),
      topology_(topology),
      partition_(partition),
      options_(std::move(options)),
      changelog_(ChangelogTopic(cluster.settings().installation, topology.service)),
      dedup_(DedupTopic(cluster.settings().installation, topology.service)),
      output_slots_(topology.outputs.size()),
      output_ends_(topology.outputs.size(), 0) {}

Result<void> KafkaShardLog::Impl::MakeProducer() {
  // The old one first: it may still be sending.
  producer_.reset();
  ProducerSettings settings;
  settings.transactional_id =
      cluster_.settings().installation + "." + topology_.service + "." + std::to_string(partition_);
  if (TestLevers().random_transactional_id) {
    settings.transactional_id += "." + std::to_string(SteadyClock::now().time_since_epoch().count());
  }
  settings.transaction_timeout = options_.transaction_timeout;
  settings.request_timeout = options_.request_timeout;
  settings.init_timeout = options_.acquire_timeout;
  MAINSTAY_TRY_ASSIGN(made, TransactionalProducer::Make(cluster_.parts(), settings));
  producer_ = std::move(made);
  return ResolveSinks();
}

Result<void> KafkaShardLog::Impl::ResolveSinks() {
  Sinks sinks;
  for (const std::string& name : topology_.outputs) {
    MAINSTAY_TRY_ASSIGN(topic, producer_->Topic(name));
    sinks.outputs.push_back(topic);
    sinks.formatted.push_back(options_.format != nullptr && options_.format->AppliesTo(name));
  }
  MAINSTAY_TRY_ASSIGN(dead_letter, producer_->Topic(topology_.dead_letter));
  MAINSTAY_TRY_ASSIGN(changelog, producer_->Topic(changelog_));
  MAINSTAY_TRY_ASSIGN(dedup, producer_->Topic(dedup_));
  sinks.dead_letter = dead_letter;
  sinks.changelog = changelog;
  sinks.dedup = dedup;
  sinks_ = std::move(sinks);
  return {};
}

Result<void> KafkaShardLog::Impl::OpenInputs(std::span<const OffsetRange> ranges, bool is_new, stream::Meta& meta) {
  inputs_.clear();
  for (std::size_t i = 0; i < topology_.inputs.size(); ++i) {
    const std::string& name = topology_.inputs[i];
    const OffsetRange& range = ranges[i];
    std::int64_t& position = meta.positions[i];
    // A topic META has never heard of is new to the service, as everything is on a first start.
    if (is_new || position < 0) position = range.begin;
    if (position < range.begin || position > range.end) {
      return Fail(ErrorCode::kDataLoss,
                  topology_.service + " is at offset " + std::to_string(position) + " of " + name + "/" +
                      std::to_string(partition_) + ", which has " + std::to_string(range.begin) + " to " +
                      std::to_string(range.end) +
                      ": records were lost before they were read. Nothing is skipped without being told to");
    }
    inputs_.push_back(std::make_unique<InputTopic>(cluster_.parts().data.get(), name, partition_, range.end,
                                                   options_.format, options_.open_transaction_wait,
                                                   [this] { Wake(); }));
  }
  return {};
}

Result<stream::Meta> KafkaShardLog::Impl::Acquire(stream::Store& store) {
  if (is_dead_) return Fail(ErrorCode::kUnavailable, "stopped by a lever");
  store_ = &store;
  const bool had_one = producer_ != nullptr;
  const bool was_tainted = had_one && producer_->tainted();
  MAINSTAY_TRY(MakeProducer());
  const auto start = SteadyClock::now();
  // Changelog, dedup, inputs, outputs.
  std::vector<std::string> topics = {changelog_, dedup_};
  topics.insert(topics.end(), topology_.inputs.begin(), topology_.inputs.end());
  topics.insert(topics.end(), topology_.outputs.begin(), topology_.outputs.end());
  MAINSTAY_TRY_ASSIGN(ranges, cluster_.Offsets(topics, partition_, options_.acquire_timeout));
  const RestorePlan plan{changelog_,
                         dedup_,
                         partition_,
                         ranges[0],
                         ranges[1],
                         options_.acquire_timeout,
                         options_.changelog_delete_retention,
                         Now(options_)};
  MAINSTAY_TRY_ASSIGN(restored, Restore(cluster_, topology_, plan, store));
  stream::Meta meta = restored.meta;
  const std::span<const OffsetRange> all = ranges;
  MAINSTAY_TRY(OpenInputs(all.subspan(2, topology_.inputs.size()), restored.is_new, meta));
  committed_ = meta;
  committed_changelog_ = restored.changelog_note;
  committed_dedup_ = restored.dedup_note;
  noted_changelog_ = -1;
  MAINSTAY_TRY(ApplyNotes());
  std::vector<std::int64_t> ends;
  for (const OffsetRange& range : all.subspan(2 + topology_.inputs.size())) ends.push_back(range.end);
  const std::lock_guard lock(mutex_);
  output_ends_ = std::move(ends);
  ++stats_.acquired;
  stats_.producers_replaced += was_tainted ? 1 : 0;
  stats_.restored_records += restored.records;
  stats_.last_restore = Since(start);
  return meta;
}

Result<void> KafkaShardLog::Impl::NoteOffsets() {
  if (committed_changelog_ == noted_changelog_) return {};
  MAINSTAY_TRY_ASSIGN(stored, store_->LastMeta());
  if (stored != committed_) return {};  // The last transaction is not in the store (yet).
  return ApplyNotes();
}

Result<void> KafkaShardLog::Impl::ApplyNotes() {
  MAINSTAY_TRY(store_->Apply(
      {committed_, {}, {OffsetNote(kChangelogNote, committed_changelog_), OffsetNote(kDedupNote, committed_dedup_)}}));
  noted_changelog_ = committed_changelog_;
  last_note_ = SteadyClock::now();
  return {};
}

Result<void> KafkaShardLog::Impl::Read(stream::TopicId topic, std::int64_t offset, std::size_t max,
                                       std::vector<stream::Record>& out) {
  if (is_dead_) return Fail(ErrorCode::kUnavailable, "stopped by a lever");
  if (topic >= inputs_.size()) return Fail(ErrorCode::kFailedPrecondition, "the shard is not acquired");
  return inputs_[topic]->Read(offset, max, out);
}

Result<std::int64_t> KafkaShardLog::Impl::End(stream::TopicId topic) {
  if (topic >= inputs_.size()) return Fail(ErrorCode::kFailedPrecondition, "the shard is not acquired");
  return inputs_[topic]->End();
}

std::int64_t KafkaShardLog::Impl::Passed(stream::TopicId topic, std::int64_t position) const {
  return topic < inputs_.size() ? inputs_[topic]->Passed(position) : position;
}

Result<void> KafkaShardLog::Impl::ProduceOutput(const stream::OutRecord& out) {
  WireRecord wire;
  wire.partition = out.partition;
  wire.timestamp_ms = out.ingest_ms;
  wire.key = out.key;
  wire.value = out.value;
  if (out.dead_letter) {
    DeadLetterToWire(wire);
    return producer_->ProduceWire(sinks_.dead_letter, wire, nullptr);
  }
  if (sinks_.formatted.at(out.output)) options_.format->ToWire(topology_.outputs[out.output], wire);
  DeliverySlot* slot = out.partition == partition_ ? &output_slots_[out.output] : nullptr;
  return producer_->ProduceWire(sinks_.outputs[out.output], wire, slot);
}

Result<void> KafkaShardLog::Impl::ProduceChange(const stream::TableChange& change) {
  // A null data pointer is a null value; an empty value is not.
  const std::string_view value = change.value ? std::string_view(*change.value) : std::string_view();
  changelog_key_.clear();
  changelog_key_.push_back(static_cast<char>(change.table >> 8));
  changelog_key_.push_back(static_cast<char>(change.table & 0xff));
  changelog_key_.append(change.key);
  return producer_->Produce(sinks_.changelog, partition_, changelog_key_, value, &changelog_slot_);
}

Result<void> KafkaShardLog::Impl::ProduceSeen(std::span<const stream::SeenId> ids) {
  seen_.clear();
  const auto send = [&] { return producer_->Produce(sinks_.dedup, partition_, {}, seen_, &dedup_slot_); };
  for (const stream::SeenId& id : ids) {
    AppendSeen(id, seen_);
    if (seen_.size() < kSeenBytes) continue;
    MAINSTAY_TRY(send());
    seen_.clear();
  }
  return seen_.empty() ? Result<void>{} : send();
}

// librdkafka asks the coordinator for the partitions it has seen so far, and each further question costs a round trip
// and a millisecond of its main thread. So the first record of every topic goes ahead; per topic the order stays.
Result<void> KafkaShardLog::Impl::ProduceAll(const stream::CommitBatch& batch) {
  if (!batch.changes.empty()) MAINSTAY_TRY(ProduceChange(batch.changes.front()));
  MAINSTAY_TRY(ProduceSeen(batch.seen));
  std::set<std::tuple<bool, stream::OutputId, std::int32_t>> begun;
  std::vector<const stream::OutRecord*> rest;
  for (const stream::OutRecord& out : batch.outputs) {
    if (!begun.emplace(out.dead_letter, out.output, out.partition).second) {
      rest.push_back(&out);
      continue;
    }
    MAINSTAY_TRY(ProduceOutput(out));
  }
  for (const stream::OutRecord* out : rest) MAINSTAY_TRY(ProduceOutput(*out));
  for (std::size_t i = 1; i < batch.changes.size(); ++i) MAINSTAY_TRY(ProduceChange(batch.changes[i]));
  return producer_->Produce(sinks_.changelog, partition_, kMetaKey, EncodeMeta(batch.meta, topology_.inputs),
                            &changelog_slot_);
}

Outcome KafkaShardLog::Impl::Transact(const stream::CommitBatch& batch) {
  for (DeliverySlot& slot : output_slots_) slot.last = -1;
  changelog_slot_.last = -1;
  dedup_slot_.last = -1;
  if (const auto begun = producer_->Begin(); !begun) {
    SetError(begun.error().message);
    return producer_->Abandon();
  }
  if (const auto produced = ProduceAll(batch); !produced) {
    SetError(produced.error().message);
    return producer_->Abandon();
  }
  if (TestLevers().die_before_commit.exchange(false)) {
    producer_->Flush();
    is_dead_ = true;
    return Outcome::kUnknown;
  }
  const auto start = SteadyClock::now();
  const Outcome outcome = producer_->Commit();
  const Duration took = Since(start);
  const std::lock_guard lock(mutex_);
  Duration& smoothed = stats_.commit_latency;
  smoothed = smoothed.count() == 0 ? took : (smoothed * 7 + took) / 8;
  return outcome;
}

void KafkaShardLog::Impl::TakeDeliveries() {
  // META is the changelog's last record of every transaction.
  MAINSTAY_CHECK(changelog_slot_.last >= 0, "a committed transaction has delivered its META");
  committed_changelog_ = changelog_slot_.last;
  if (dedup_slot_.last >= 0) committed_dedup_ = dedup_slot_.last + 1;
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < output_slots_.size(); ++i) {
    if (output_slots_[i].last >= 0) output_ends_[i] = output_slots_[i].last + 1;
  }
}

// An outcome is passed on as certain only if no request of the transaction is still on its way.
Outcome KafkaShardLog::Impl::Settle(Outcome outcome, const stream::CommitBatch& batch) {
  if (outcome == Outcome::kCommitted) {
    TakeDeliveries();
    committed_ = batch.meta;
  }
  if (TestLevers().taint_next.exchange(false)) producer_->Taint();
  if (TestLevers().unclear_commit.exchange(false)) outcome = Outcome::kUnknown;
  if ((outcome == Outcome::kCommitted || outcome == Outcome::kAborted) && producer_->tainted()) {
    SetError("a request of the transaction was lost on its way; the producer is replaced");
    outcome = Outcome::kUnknown;
  }
  if (TestLevers().die_after_commit.exchange(false)) {
    is_dead_ = true;
    outcome = Outcome::kUnknown;
  }
  if (outcome != Outcome::kCommitted && !producer_->last_error().empty()) SetError(producer_->last_error());
  const auto produced = std::count_if(batch.outputs.begin(), batch.outputs.end(),
                                      [](const stream::OutRecord& out) { return !out.dead_letter; });
  const std::lock_guard lock(mutex_);
  if (outcome == Outcome::kCommitted) stats_.produced += static_cast<std::uint64_t>(produced);
  stats_.committed += outcome == Outcome::kCommitted ? 1 : 0;
  stats_.aborted += outcome == Outcome::kAborted ? 1 : 0;
  stats_.fenced += outcome == Outcome::kFenced ? 1 : 0;
  stats_.unknown += outcome == Outcome::kUnknown ? 1 : 0;
  return outcome;
}

Outcome KafkaShardLog::Impl::Commit(const stream::CommitBatch& batch) {
  if (is_dead_ || !producer_) return Outcome::kUnknown;
  if (SteadyClock::now() - last_note_ >= kNoteEvery) {
    if (const auto noted = NoteOffsets(); !noted) SetError(noted.error().message);
  }
  if (producer_->tainted()) return Settle(Outcome::kAborted, batch);
  return Settle(Transact(batch), batch);
}

void KafkaShardLog::Impl::AwaitInput(Duration timeout) {
  std::unique_lock lock(mutex_);
  news_.wait_for(lock, timeout, [this] { return has_news_; });
  has_news_ = false;
}

void KafkaShardLog::Impl::Wake() {
  {
    const std::lock_guard lock(mutex_);
    has_news_ = true;
  }
  news_.notify_all();
}

void KafkaShardLog::Impl::Release() {
  inputs_.clear();
  if (producer_ && !is_dead_ && store_ != nullptr) static_cast<void>(NoteOffsets());
  producer_.reset();
}

std::vector<std::int64_t> KafkaShardLog::Impl::OutputEnds() const {
  const std::lock_guard lock(mutex_);
  return output_ends_;
}

ShardLogStats KafkaShardLog::Impl::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

std::string KafkaShardLog::Impl::last_error() const {
  const std::lock_guard lock(mutex_);
  return last_error_;
}

void KafkaShardLog::Impl::SetError(std::string message) {
  const std::lock_guard lock(mutex_);
  last_error_ = std::move(message);
}

KafkaShardLog::KafkaShardLog(KafkaCluster& cluster, const stream::Topology& topology, std::int32_t partition,
                             ShardLogOptions options)
    : impl_(std::make_unique<Impl>(cluster, topology, partition, std::move(options))) {}
KafkaShardLog::~KafkaShardLog() = default;
Result<stream::Meta> KafkaShardLog::Acquire(stream::Store& store) { return impl_->Acquire(store); }
Result<void> KafkaShardLog::Read(stream::TopicId topic, std::int64_t offset, std::size_t max,
                                 std::vector<stream::Record>& out) {
  return impl_->Read(topic, offset, max, out);
}
Result<std::int64_t> KafkaShardLog::End(stream::TopicId topic) { return impl_->End(topic); }
std::int64_t KafkaShardLog::Passed(stream::TopicId topic, std::int64_t position) const {
  return impl_->Passed(topic, position);
}
Outcome KafkaShardLog::Commit(const stream::CommitBatch& batch) { return impl_->Commit(batch); }
void KafkaShardLog::AwaitInput(Duration timeout) { impl_->AwaitInput(timeout); }
void KafkaShardLog::Wake() { impl_->Wake(); }
void KafkaShardLog::Release() { impl_->Release(); }
std::vector<std::int64_t> KafkaShardLog::OutputEnds() const { return impl_->OutputEnds(); }
ShardLogStats KafkaShardLog::stats() const { return impl_->stats(); }
std::string KafkaShardLog::last_error() const { return impl_->last_error(); }

}  // namespace mainstay::stream_kafka
