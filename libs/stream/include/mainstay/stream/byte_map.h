// A hash map from bytes to written values, built for one use: it fills up during a transaction and is emptied after it.
//
// Entries never move and are numbered in the order of their first write; removing one leaves its place. Emptying keeps
// a moderate amount of memory, so steady small transactions allocate little. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mainstay::stream {

class ByteMap {
 public:
  // An entry's place and slot, and what the allocator adds to its bytes.
  static constexpr std::size_t kEntryBytes = 128;

  struct Entry {
    std::string key;
    std::optional<std::string> value;
    std::size_t hash = 0;
    bool present = false;
  };

  // Null if absent.
  [[nodiscard]] Entry* Find(std::string_view key);
  // The entry of `key`; the caller calls Add if it is not present.
  [[nodiscard]] Entry& FindOrAdd(std::string_view key);
  void Add(Entry& entry) {
    entry.present = true;
    ++count_;
  }
  void Remove(Entry& entry) {
    entry.present = false;
    entry.value.reset();
    --count_;
  }
  void Clear();
  [[nodiscard]] std::size_t size() const { return count_; }

  // Every present entry, in the order of their first write.
  template <class Visit>
  void ForEach(const Visit& visit) {
    for (std::size_t i = 0; i < used_; ++i) {
      if (Entry& entry = At(i); entry.present) visit(entry);
    }
  }

 private:
  static constexpr std::size_t kChunk = 128;
  static constexpr std::uint32_t kNone = UINT32_MAX;
  using Chunk = std::array<Entry, kChunk>;
  struct Slot {
    std::uint32_t tag = 0;  // The upper half of the hash.
    std::uint32_t entry = kNone;
  };

  [[nodiscard]] Entry& At(std::size_t i) { return (*chunks_[i / kChunk])[i % kChunk]; }
  // The slot of `key`, or the free one where it belongs. REQUIRES: a free slot.
  [[nodiscard]] Slot* Probe(std::string_view key, std::uint32_t tag, std::size_t start);
  void Grow();
  // Of all entries.
  void FreeSlots();

  std::vector<Slot> slots_;  // A power of two, at most half full.
  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::size_t used_ = 0;   // Entries, removed ones included.
  std::size_t count_ = 0;  // Present ones.
};

}  // namespace mainstay::stream
