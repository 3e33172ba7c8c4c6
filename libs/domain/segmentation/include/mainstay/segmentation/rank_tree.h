// The ranking of a book's paying clients: an order-statistics tree by (revenue descending, client id ascending).
//
// An in-memory index, rebuilt by one scan of the client states; nothing of it is stored. A weight-balanced binary
// tree, so the depth is bounded for every input and no randomness is needed: at most 2.41 log2(n) levels.
// Memory: 80 bytes a client, plus the id where it is longer than 15 bytes. All operations O(log n) unless said.
// Sums are 128 bits wide and cannot overflow. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "mainstay/base/money.h"
#include "mainstay/vocabulary/ids.h"

namespace mainstay::segmentation {

using RevenueSum = __int128;  // In units of Money.

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
    Walk(root_, 0, first, end, visit);
  }

  // Levels of the tree. O(n); for tests.
  [[nodiscard]] std::size_t Depth() const;

 private:
  using Index = std::uint32_t;  // Into nodes_; 0 is "no node".
  struct Node {
    Ranked entry;
    RevenueSum sum = 0;  // Of the subtree.
    Index left = 0;
    Index right = 0;
    std::uint32_t count = 0;  // Of the subtree.
  };

  template <class Visit>
  void Walk(Index at, std::size_t before, std::size_t first, std::size_t end, Visit& visit) const {
    if (at == 0 || before >= end || before + nodes_[at].count <= first) return;
    const Node& node = nodes_[at];
    const std::size_t rank = before + nodes_[node.left].count;
    Walk(node.left, before, first, end, visit);
    if (rank >= first && rank < end) visit(rank, node.entry);
    Walk(node.right, rank + 1, first, end, visit);
  }

  Index NewNode(Ranked entry);
  void Refresh(Index at);
  [[nodiscard]] bool TooHeavy(Index heavy, Index light) const;
  [[nodiscard]] Index RotateLeft(Index at);
  [[nodiscard]] Index RotateRight(Index at);
  [[nodiscard]] Index Balanced(Index at);
  [[nodiscard]] Index InsertInto(Index at, Index node);
  [[nodiscard]] Index EraseFrom(Index at, const Ranked& entry);
  [[nodiscard]] Index TakeFirst(Index at, Index* first);
  [[nodiscard]] std::size_t DepthOf(Index at) const;

  std::deque<Node> nodes_;  // Grows without copying; nodes_[0] is the empty subtree.
  Index root_ = 0;
  Index free_ = 0;  // Erased nodes, linked through `left`.
};

}  // namespace mainstay::segmentation
