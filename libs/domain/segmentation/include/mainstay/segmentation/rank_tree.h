// The ranking of a book's paying clients: an order-statistics tree by (revenue descending, client id ascending).
//
// An in-memory index, rebuilt by one scan of the client states; nothing of it is stored. A B+ tree, because what an
// operation costs in a large book is the lines of memory it waits for: 64 clients a leaf, 32 children a node, each with
// its count, its sum and its first revenue, so that a million clients are four levels. Every node but the root is at
// least a quarter full, for every input and without randomness.
// Memory: 50 to 100 bytes a client, plus the id where it is longer than 15 bytes. All operations O(log n) unless said.
// Sums are 128 bits wide and cannot overflow. Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "mainstay/base/money.h"
#include "mainstay/vocabulary/ids.h"

namespace mainstay::segmentation {

using RevenueSum = __int128;  // In units of Money.

// The nearest there is, where a sum does not fit.
[[nodiscard]] Money ClampedMoney(RevenueSum sum);

struct Ranked {
  Money revenue;
  ClientId client;
  friend bool operator==(const Ranked&, const Ranked&) = default;
};

// True iff `a` ranks before `b`.
[[nodiscard]] bool RanksBefore(const Ranked& a, const Ranked& b);

// Ranks are 0-based here.
class RankTree {
 public:
  RankTree();

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] RevenueSum total() const;

  // REQUIRES: `entry` is not in the tree; revenue > 0.
  void Insert(Ranked entry);
  // REQUIRES: `entry` is in the tree.
  void Erase(const Ranked& entry);

  [[nodiscard]] bool Contains(const Ranked& entry) const;
  // How many entries rank before `entry`, which need not be in the tree.
  [[nodiscard]] std::size_t RankOf(const Ranked& entry) const;
  // REQUIRES: rank < size(). The reference lives until the next Insert or Erase.
  [[nodiscard]] const Ranked& At(std::size_t rank) const;
  // Revenue of the entries of rank 0 .. rank-1. REQUIRES: rank <= size().
  [[nodiscard]] RevenueSum SumBefore(std::size_t rank) const;
  // How many entries have less than `percent` % of the total before them; also the least number of entries from the
  // top that carries `percent` %. 0 in an empty tree. REQUIRES: 0 < percent <= 100.
  [[nodiscard]] std::size_t CountUntilShare(int percent) const;

  // Calls visit(rank, entry) for `count` entries (or as many as there are) from rank `first` on, in rank order.
  // O(log n + count). The tree must not change meanwhile.
  template <class Visit>
  void ForEach(std::size_t first, std::size_t count, Visit&& visit) const {
    if (first >= size()) return;
    const std::size_t end = count < size() - first ? first + count : size();
    Walk(height_, root_, 0, first, end, visit);
  }

  // Levels of the tree; for tests.
  [[nodiscard]] std::size_t Depth() const { return height_ + 1; }

 private:
  static constexpr std::size_t kLeafMost = 64;
  static constexpr std::size_t kInnerMost = 32;

  using Index = std::uint32_t;  // Into leaves_ on level 0, into inners_ above.
  using Level = std::size_t;
  struct Leaf {
    std::size_t size = 0;
    std::array<Ranked, kLeafMost> entries;
  };
  struct Inner {
    std::size_t size = 0;
    std::array<std::int64_t, kInnerMost> first{};  // Revenue of the first entry below a child, in units.
    std::array<std::uint32_t, kInnerMost> count{};
    std::array<Index, kInnerMost> child{};
    std::array<RevenueSum, kInnerMost> sum{};
  };

  template <class Visit>
  void Walk(Level level, Index at, std::size_t before, std::size_t first, std::size_t end, Visit& visit) const {
    if (level == 0) {
      const Leaf& leaf = leaves_[at];
      for (std::size_t i = first > before ? first - before : 0; i < leaf.size && before + i < end; ++i) {
        visit(before + i, leaf.entries[i]);
      }
      return;
    }
    const Inner& inner = inners_[at];
    for (std::size_t i = 0; i < inner.size && before < end; before += inner.count[i++]) {
      if (before + inner.count[i] > first) Walk(level - 1, inner.child[i], before, first, end, visit);
    }
  }

  [[nodiscard]] Index NewLeaf();
  [[nodiscard]] Index NewInner();
  void Free(Level level, Index at);
  [[nodiscard]] std::size_t SizeOf(Level level, Index at) const;
  [[nodiscard]] const Ranked& FirstOf(Level level, Index at) const;
  // Where `entry` is in the leaf, or belongs.
  [[nodiscard]] static std::size_t PlaceIn(const Leaf& leaf, const Ranked& entry);
  // The child below which `entry` is, or belongs. `level` is that of `inner`.
  [[nodiscard]] std::size_t ChildFor(const Inner& inner, Level level, const Ranked& entry) const;
  // Makes child `i` of `inner` this one, with what is below it.
  void SetChild(Inner& inner, Level level, std::size_t i, Index child) const;
  void InsertChild(Inner& inner, Level level, std::size_t i, Index child) const;
  static void RemoveChild(Inner& inner, std::size_t i);
  // The right half, if the node had to be split.
  [[nodiscard]] std::optional<Index> InsertInto(Level level, Index at, Ranked& entry);
  [[nodiscard]] std::optional<Index> InsertIntoLeaf(Index at, Ranked& entry);
  void EraseFrom(Level level, Index at, const Ranked& entry);
  // Child `i` of `inner` is less than a quarter full: fills it up from a neighbour, or makes one of the two.
  void Refill(Inner& inner, Level level, std::size_t i);
  void ShareLeaves(Index left, Index right);
  void ShareInners(Level level, Index left, Index right);

  std::deque<Leaf> leaves_;  // They grow without moving.
  std::deque<Inner> inners_;
  std::vector<Index> free_leaves_;
  std::vector<Index> free_inners_;
  Level height_ = 0;  // Of the root.
  Index root_ = 0;
  std::size_t size_ = 0;
  RevenueSum total_ = 0;
};

}  // namespace mainstay::segmentation
