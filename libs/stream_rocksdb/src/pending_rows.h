// Rows of a local store that are committed but in no file yet, each key once.
//
// A client who is heard of often has the same row written by one transaction after the other. Here only the last one is
// kept, and only it goes through the write-ahead log and a memtable. What a killed process loses with them the log
// brings back: the store's META is written after all rows that were pending, and says from where on.
//
// One thread at a time.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mainstay/stream/byte_map.h"
#include "mainstay/stream/ports.h"

namespace mainstay::stream_rocksdb {

class PendingRows {
 public:
  // What the files have.
  void SetWritten(stream::Meta meta) { meta_ = std::move(meta); }
  // Its rows but for timers, which every transaction scans, and META, to be written after them.
  void Add(const stream::CommitBatch& batch);
  void SetMeta(const stream::Meta& meta);
  // Null: not pending; nullopt inside: erased. Valid until the next call that is not const.
  [[nodiscard]] const std::optional<std::string>* Find(stream::TableId table, std::string_view key);
  // All rows, table by table, to be written with meta().
  [[nodiscard]] std::vector<stream::TableChange> Take();
  // Those of one table, which may be written before the others.
  [[nodiscard]] std::vector<stream::TableChange> Take(stream::TableId table);

  [[nodiscard]] const stream::Meta& meta() const { return meta_; }
  // META was set since the last Take of all rows.
  [[nodiscard]] bool is_behind() const { return is_behind_; }
  // What the rows take in memory, about, and all that were added since the last Take of all.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t added_bytes() const { return added_bytes_; }

 private:
  struct Table {
    stream::ByteMap rows;
    std::size_t bytes = 0;
  };
  void Add(Table& table, const stream::TableChange& change);
  void MoveInto(std::vector<stream::TableChange>& taken, stream::TableId id, Table& table);

  std::map<stream::TableId, Table> tables_;
  stream::Meta meta_;
  bool is_behind_ = false;
  std::size_t bytes_ = 0;
  std::size_t added_bytes_ = 0;
};

}  // namespace mainstay::stream_rocksdb
