#include "database_options.h"

#include <rocksdb/cache.h>
#include <rocksdb/compaction_filter.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>

#include "levers.h"
#include "mainstay/stream_rocksdb/directory.h"

namespace mainstay::stream_rocksdb {
namespace {

constexpr std::int64_t kDayMs = 24 * 60 * 60 * 1000;
constexpr std::int64_t kDedupKeptMs = 36 * kDayMs;
constexpr std::size_t kSmallestWal = 32 << 20;
constexpr double kIdFilterBits = 16;  // Every id asks the filter of every file: one wrong yes in 1,000 of them.

class DedupSweeper final : public rocksdb::CompactionFilter {
 public:
  explicit DedupSweeper(const DedupHorizon& horizon) : horizon_(horizon) {}
  const char* Name() const override { return "mainstay.DedupSweeper"; }
  bool Filter(int, const rocksdb::Slice& key, const rocksdb::Slice& value, std::string*, bool*) const override {
    const auto first_seen = ParseNumber(AsView(value));
    return !key.empty() && first_seen && horizon_.IsPast(static_cast<ServiceId>(key[0]), *first_seen);
  }

 private:
  const DedupHorizon& horizon_;
};

}  // namespace

bool DedupHorizon::IsPast(ServiceId service, std::int64_t first_seen_ms) const {
  const std::int64_t now = times_[service].load(std::memory_order_relaxed);
  return now > INT64_MIN + kDedupKeptMs && first_seen_ms < now - kDedupKeptMs;
}

std::unique_ptr<rocksdb::CompactionFilter> MakeDedupSweeper(const DedupHorizon& horizon) {
  return std::make_unique<DedupSweeper>(horizon);
}

SharedMemory::SharedMemory(const Memory& budget) : parts_(std::make_unique<Parts>()) {
  parts_->budget = budget;
  // Few, large pieces: the filter of a large file is one block, and a block larger than its piece is never kept.
  parts_->cache = rocksdb::NewLRUCache(budget.block_cache_bytes, /*num_shard_bits=*/1);
  // Never stalls writers: a stall would wait for flushes of shards that may be waiting themselves.
  parts_->write_buffers =
      std::make_shared<rocksdb::WriteBufferManager>(budget.write_buffer_bytes, nullptr, /*allow_stall=*/false);
  parts_->recent_ids = std::make_shared<std::atomic<std::size_t>>(0);
  parts_->local_stores = std::make_shared<std::atomic<std::size_t>>(0);
}

SharedMemory::~SharedMemory() = default;

rocksdb::DBOptions MakeDatabaseOptions(const SharedMemory::Parts& memory, bool create) {
  rocksdb::DBOptions options;
  if (TestLevers().env != nullptr) options.env = TestLevers().env;
  options.create_if_missing = create;
  options.create_missing_column_families = create;
  options.write_buffer_manager = memory.write_buffers;
  options.max_total_wal_size = std::max(memory.budget.wal_bytes / kDefaultPartitions, kSmallestWal);
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.avoid_flush_during_shutdown = true;       // The log has it.
  options.allow_concurrent_memtable_write = false;  // Writers take turns anyway; this is the cheaper path.
  options.max_background_jobs = 2;
  options.max_open_files = 256;
  options.max_file_opening_threads =
      1;  // The default starts sixteen for each family; shards open side by side instead.
  options.bytes_per_sync = 1 << 20;
  options.writable_file_max_buffer_size = 256 << 10;  // Each log keeps a buffer of this size.
  options.skip_stats_update_on_db_open = true;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.keep_log_file_num = 2;
  options.max_log_file_size = 1 << 20;
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  return options;
}

rocksdb::ColumnFamilyOptions MakeFamilyOptions(Family family, const SharedMemory::Parts& memory,
                                               const rocksdb::CompactionFilter& sweeper) {
  rocksdb::ColumnFamilyOptions options;
  options.compression = rocksdb::kLZ4Compression;
  options.level_compaction_dynamic_level_bytes = true;
  options.write_buffer_size = 16 << 20;
  options.level0_file_num_compaction_trigger = 8;  // Reading one more is cheap, they have filters; rewriting is not.
  // Six families in each of many shards: the default of 2 MiB per first allocation would fill the budget with air. At
  // 512 KiB the memtables of 24 shards were around their budget half empty, and flushed all the time.
  const bool busy = family != kMeta && family != kOutbox;
  options.arena_block_size = busy ? 128 << 10 : 64 << 10;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = memory.cache;
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  // Held by the open file: a point read asks the index or filter of up to a dozen files, each a look-up in the cache.
  table.metadata_cache_options.unpartitioned_pinning = rocksdb::PinningTier::kAll;
  table.format_version = 5;
  if (family == kState || family == kDedup) {  // Most of their point reads are for keys that are not there.
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    options.memtable_whole_key_filtering = true;
    // Allocated whole with each memtable, by its largest size: at .1 the filters of 24 shards alone filled the budget.
    options.memtable_prefix_bloom_size_ratio = 0.025;
  }
  if (family == kDedup) options.compaction_filter = &sweeper;
  // Memtables remember where the last key of each prefix went in; the next one is usually close.
  const std::size_t prefix = family == kState ? 3 : family == kLog ? sizeof(TopicNumber) : 1;
  if (family != kMeta) {
    options.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(prefix));
  }
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

void TakeIdsInFiles(rocksdb::ColumnFamilyOptions& dedup) {
  dedup.memtable_prefix_bloom_size_ratio = 0;
  // Each file has ids from everywhere, so levels would rewrite all of them with every few files. Merging what is of
  // one size rewrites an id a few times in 36 days.
  dedup.compaction_style = rocksdb::kCompactionStyleUniversal;
  dedup.level0_file_num_compaction_trigger = 6;
  auto table = *dedup.table_factory->GetOptions<rocksdb::BlockBasedTableOptions>();
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kIdFilterBits));
  dedup.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
}

}  // namespace mainstay::stream_rocksdb
