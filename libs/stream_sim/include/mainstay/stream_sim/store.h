// SimStore: tables and META in ordered maps, with what a crash of the process, the machine or the disk leaves of them.
//
// Applied batches survive the process at once and the machine from Sync on, as a write-ahead log without fsync.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mainstay/stream/ports.h"
#include "mainstay/stream_sim/faults.h"

namespace mainstay::stream_sim {

using TableImage = std::map<std::string, std::string, std::less<>>;

struct StoreImage {
  std::map<stream::TableId, TableImage> tables;  // Tables without entries are left out.
  std::map<Hash128, std::int64_t> seen;          // Ids, and when they were first seen.
  stream::Meta meta;
  void Apply(const stream::CommitBatch& batch);
};

// Outlives the process, not the disk. A dead process changes nothing any more.
class SimTakenMarks final : public stream::TakenMarks {
 public:
  explicit SimTakenMarks(const Faults& faults) : faults_(faults) {}
  void Take(const Taken& record) override;
  void PutBack() override;
  [[nodiscard]] int DeathsOf(const Taken& record) const override;
  void Forget(const std::vector<std::int64_t>& positions) override;
  void CountDeath();  // A new process looks at what the last one left.
  void LoseDisk();

 private:
  const Faults& faults_;
  std::optional<Taken> taken_;
  std::vector<std::pair<Taken, int>> deaths_;
};

class SimStore final : public stream::Store {
 public:
  SimStore(Faults& faults, const Mutations& mutations) : faults_(faults), mutations_(mutations), marks_(faults) {}

  Result<std::optional<std::string>> Get(stream::TableId table, std::string_view key) override;
  Result<void> Scan(stream::TableId table, std::string_view prefix, std::string_view from,
                    const stream::Snapshot::Visit& visit) override;
  Result<std::optional<std::int64_t>> SeenAt(const Hash128& id) override;
  Result<void> Apply(const stream::CommitBatch& batch) override;
  Result<void> Clear(const stream::Meta& meta) override;
  Result<stream::Meta> LastMeta() override;
  Result<std::unique_ptr<stream::Snapshot>> TakeSnapshot() const override;
  stream::TakenMarks* taken_marks() override;

  void Sync();
  // The machine lost power: of the batches since Sync only the first `kept` are left.
  void LosePower(std::size_t kept);
  void LoseDisk();
  [[nodiscard]] std::size_t unsynced() const { return unsynced_.size(); }
  [[nodiscard]] const StoreImage& image() const { return *image_; }
  // Keys asked for, entries scanned and erased ones stepped over so far: what an input costs, without a clock. As in a
  // log-structured store, what was erased still lies in the way of a scan; but not of one for timers, whose store
  // remembers where they begin.
  [[nodiscard]] std::size_t reads() const { return reads_; }

 private:
  void SweepDedup();
  void LoseTables();
  void Mark(const stream::CommitBatch& written);

  Faults& faults_;
  const Mutations& mutations_;
  SimTakenMarks marks_;
  StoreImage synced_;
  std::vector<stream::CommitBatch> unsynced_;
  std::size_t reads_ = 0;
  std::map<stream::TableId, std::set<std::string, std::less<>>> erased_;
  std::shared_ptr<StoreImage> image_ = std::make_shared<StoreImage>();  // Shared with snapshots, copied on write.
};

}  // namespace mainstay::stream_sim
