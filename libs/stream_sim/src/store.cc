#include "mainstay/stream_sim/store.h"

#include <algorithm>
#include <utility>

namespace mainstay::stream_sim {
namespace {

std::optional<std::string> GetFrom(const StoreImage& image, stream::TableId table, std::string_view key) {
  const auto entries = image.tables.find(table);
  if (entries == image.tables.end()) return std::nullopt;
  const auto entry = entries->second.find(key);
  if (entry == entries->second.end()) return std::nullopt;
  return entry->second;
}

void ScanIn(const StoreImage& image, stream::TableId table, std::string_view prefix, std::string_view from,
            const stream::Snapshot::Visit& visit) {
  const auto entries = image.tables.find(table);
  if (entries == image.tables.end()) return;
  for (auto entry = entries->second.lower_bound(std::max(prefix, from)); entry != entries->second.end(); ++entry) {
    if (!entry->first.starts_with(prefix) || !visit(entry->first, entry->second)) return;
  }
}

class SimSnapshot final : public stream::Snapshot {
 public:
  explicit SimSnapshot(std::shared_ptr<const StoreImage> image) : image_(std::move(image)) {}
  Result<std::optional<std::string>> Get(stream::TableId table, std::string_view key) const override {
    return GetFrom(*image_, table, key);
  }
  Result<void> Scan(stream::TableId table, std::string_view prefix, std::string_view from,
                    const Visit& visit) const override {
    ScanIn(*image_, table, prefix, from, visit);
    return {};
  }
  const stream::Meta& meta() const override { return image_->meta; }

 private:
  std::shared_ptr<const StoreImage> image_;
};

Error Dead() { return {ErrorCode::kUnavailable, Recovery::kStopTask, "the simulated process is dead", {}}; }

}  // namespace

void StoreImage::Apply(const stream::CommitBatch& batch) {
  for (const stream::TableChange& change : batch.changes) {
    TableImage& table = tables[change.table];
    if (change.value) {
      table[change.key] = *change.value;
    } else {
      table.erase(change.key);
    }
    if (table.empty()) tables.erase(change.table);
  }
  for (const stream::SeenId& id : batch.seen) seen[id.id] = id.at_ms;
  meta = batch.meta;
}

Result<std::optional<std::string>> SimStore::Get(stream::TableId table, std::string_view key) {
  if (faults_.dead) return tl::unexpected(Dead());
  ++reads_;
  return GetFrom(*image_, table, key);
}

Result<std::optional<std::int64_t>> SimStore::SeenAt(const Hash128& id) {
  if (faults_.dead) return tl::unexpected(Dead());
  ++reads_;
  const auto seen = image_->seen.find(id);
  if (seen == image_->seen.end()) return std::optional<std::int64_t>{};
  return std::optional(mutations_.dedup_expires_by_sweeping ? image_->meta.stream_time_ms : seen->second);
}

Result<void> SimStore::Scan(stream::TableId table, std::string_view prefix, std::string_view from,
                            const stream::Snapshot::Visit& visit) {
  if (faults_.dead) return tl::unexpected(Dead());
  const auto& erased = erased_[table];
  auto in_the_way = erased.lower_bound(std::max(prefix, from));
  ScanIn(*image_, table, prefix, from, [&](std::string_view key, std::string_view value) {
    ++reads_;
    for (; in_the_way != erased.end() && *in_the_way < key; ++in_the_way) ++reads_;
    if (visit(key, value)) return true;
    in_the_way = erased.end();
    return false;
  });
  for (; in_the_way != erased.end() && in_the_way->starts_with(prefix); ++in_the_way) ++reads_;
  return {};
}

void SimStore::Mark(const stream::CommitBatch& written) {
  for (const stream::TableChange& change : written.changes) {
    if (change.table == stream::kTimerTable) continue;
    auto& erased = erased_[change.table];
    if (change.value) {
      erased.erase(change.key);
    } else {
      erased.insert(change.key);
    }
  }
}

Result<void> SimStore::Apply(const stream::CommitBatch& batch) {
  if (faults_.dead) return tl::unexpected(Dead());
  const CommitFault fault = std::exchange(faults_.at_apply, CommitFault::kNone);
  faults_.dead = fault != CommitFault::kNone;
  if (fault == CommitFault::kCrashInApply && !mutations_.torn_apply) return tl::unexpected(Dead());
  stream::CommitBatch written = batch;
  if (fault == CommitFault::kCrashInApply) {
    written.changes.resize(batch.changes.size() / 2);
    written.seen.clear();
  }
  if (image_.use_count() > 1) image_ = std::make_shared<StoreImage>(*image_);
  image_->Apply(written);
  Mark(written);
  const bool sweeps_now = !mutations_.dedup_expires_by_sweeping || image_->meta.transaction % 16 == 0;
  if (sweeps_now && mutations_.sweep_dedup_after.count() > 0) SweepDedup();
  unsynced_.push_back(std::move(written));
  if (faults_.dead) return tl::unexpected(Dead());
  return {};
}

// What was swept comes back if the machine loses power, as in a store that compacts; it expires a second time.
void SimStore::SweepDedup() {
  const std::int64_t oldest = image_->meta.stream_time_ms - mutations_.sweep_dedup_after.count();
  std::erase_if(image_->seen, [&](const auto& seen) { return seen.second <= oldest; });
}

Result<void> SimStore::Clear(const stream::Meta& meta) {
  if (faults_.dead) return tl::unexpected(Dead());
  LoseTables();
  image_->meta = meta;
  return {};
}

Result<stream::Meta> SimStore::LastMeta() {
  if (faults_.dead) return tl::unexpected(Dead());
  return image_->meta;
}

Result<std::unique_ptr<stream::Snapshot>> SimStore::TakeSnapshot() const {
  if (faults_.dead) return tl::unexpected(Dead());
  return std::make_unique<SimSnapshot>(image_);
}

stream::TakenMarks* SimStore::taken_marks() {
  if (mutations_.no_taken_marks) return nullptr;
  marks_.CountDeath();
  return &marks_;
}

void SimTakenMarks::Take(const Taken& record) {
  if (!faults_.dead) taken_ = record;
}

void SimTakenMarks::PutBack() {
  if (!faults_.dead) taken_.reset();
}

int SimTakenMarks::DeathsOf(const Taken& record) const {
  for (const auto& [killer, deaths] : deaths_) {
    if (killer == record) return deaths;
  }
  return 0;
}

void SimTakenMarks::Forget(const std::vector<std::int64_t>& positions) {
  if (faults_.dead) return;
  std::erase_if(deaths_, [&](const auto& known) { return known.first.offset < positions.at(known.first.topic); });
}

void SimTakenMarks::CountDeath() {
  if (!taken_) return;
  const Taken killer = *std::exchange(taken_, std::nullopt);
  for (auto& [known, deaths] : deaths_) {
    if (known == killer) {
      ++deaths;
      return;
    }
  }
  deaths_.emplace_back(killer, 1);
}

void SimTakenMarks::LoseDisk() {
  taken_.reset();
  deaths_.clear();
}

void SimStore::Sync() {
  for (const stream::CommitBatch& batch : unsynced_) synced_.Apply(batch);
  unsynced_.clear();
}

void SimStore::LosePower(std::size_t kept) {
  unsynced_.resize(std::min(kept, unsynced_.size()));
  Sync();
  image_ = std::make_shared<StoreImage>(synced_);
}

void SimStore::LoseTables() {
  unsynced_.clear();
  erased_.clear();
  synced_ = {};
  image_ = std::make_shared<StoreImage>();
}

void SimStore::LoseDisk() {
  LoseTables();
  marks_.LoseDisk();
}

}  // namespace mainstay::stream_sim
