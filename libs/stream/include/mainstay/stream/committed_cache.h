// Committed values that a loop has read or written lately, absent ones included, so that it asks the store less often.
//
// Exact as long as the loop is the only writer of its store: what a transaction changed is updated here once it is
// committed (what nobody has read takes no room), and everything is dropped as soon as an outcome is in doubt. Bounded
// in bytes; what was not asked for since the hand last came by goes first. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "mainstay/stream/record.h"

namespace mainstay::stream {

class CommittedCache {
 public:
  explicit CommittedCache(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  struct Found {
    bool known = false;
    std::optional<std::string_view> value;  // nullopt: the store has no such entry. Valid until the next Put or Clear.
  };
  [[nodiscard]] Found Find(TableId table, std::string_view key);
  // `value` nullopt: absent. A value that would take more than an eighth of the cache is not kept.
  void Put(TableId table, std::string_view key, std::optional<std::string_view> value);
  // The same, if the key is known already.
  void Update(TableId table, std::string_view key, std::optional<std::string_view> value);
  void Clear();

  [[nodiscard]] std::size_t bytes() const { return bytes_; }  // Held, bookkeeping included.
  [[nodiscard]] std::size_t size() const { return count_; }

 private:
  // Followed by the key and then by the value, in one allocation.
  struct Entry {
    std::uint32_t key_size = 0;
    std::uint32_t value_size = 0;
    std::uint32_t capacity = 0;  // For the value.
    TableId table = 0;
    bool absent = false;

    [[nodiscard]] char* key() { return reinterpret_cast<char*>(this + 1); }
    [[nodiscard]] char* value() { return key() + key_size; }
    void SetValue(std::optional<std::string_view> value);
  };
  struct Free {
    void operator()(Entry* entry) const { ::operator delete(static_cast<void*>(entry)); }
  };
  using EntryPtr = std::unique_ptr<Entry, Free>;
  struct Slot {
    EntryPtr entry;          // Null: free.
    std::uint32_t hash = 0;  // Its place, were nobody there before it, is its lower bits.
    bool asked_for = false;  // Since the hand came by.
  };

  [[nodiscard]] static std::uint32_t Hash(TableId table, std::string_view key);
  [[nodiscard]] static std::size_t BytesOf(const Entry& entry);
  [[nodiscard]] static EntryPtr MakeEntry(TableId table, std::string_view key, std::size_t capacity);
  // The slot of the key or the free one where it belongs. REQUIRES: a free slot.
  [[nodiscard]] std::size_t Probe(TableId table, std::string_view key, std::uint32_t hash) const;
  void PutAt(std::size_t at, TableId table, std::string_view key, std::uint32_t hash,
             std::optional<std::string_view> value);
  void Remove(std::size_t at);
  void MakeRoomFor(std::size_t bytes);
  void Grow();

  const std::size_t max_bytes_;
  std::vector<Slot> slots_;  // A power of two, at most half full.
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
  std::size_t hand_ = 0;
};

}  // namespace mainstay::stream
