#include "mainstay/segmentation/rank_tree.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "mainstay/base/check.h"

namespace mainstay::segmentation {
namespace {

// Hirai and Yamamoto (2011) prove that these two keep every insertion and deletion balanced.
constexpr std::size_t kDelta = 3;
constexpr std::size_t kGamma = 2;

}  // namespace

bool RanksBefore(const Ranked& a, const Ranked& b) {
  if (a.revenue != b.revenue) return a.revenue > b.revenue;
  return a.client < b.client;
}

RankTree::RankTree() : nodes_(1) {}

std::size_t RankTree::size() const { return nodes_[root_].count; }

RevenueSum RankTree::total() const { return nodes_[root_].sum; }

RankTree::Index RankTree::NewNode(Ranked entry) {
  Index at = free_;
  if (at != 0) {
    free_ = nodes_[at].left;
  } else {
    MAINSTAY_CHECK(nodes_.size() < std::numeric_limits<Index>::max(), "a book has more clients than an index holds");
    at = static_cast<Index>(nodes_.size());
    nodes_.emplace_back();
  }
  nodes_[at] = Node{std::move(entry), 0, 0, 0, 0};
  Refresh(at);
  return at;
}

void RankTree::Refresh(Index at) {
  Node& node = nodes_[at];
  const Node& left = nodes_[node.left];
  const Node& right = nodes_[node.right];
  node.count = left.count + right.count + 1;
  node.sum = left.sum + right.sum + node.entry.revenue.units();
}

bool RankTree::TooHeavy(Index heavy, Index light) const {
  return std::size_t{nodes_[heavy].count} + 1 > kDelta * (std::size_t{nodes_[light].count} + 1);
}

RankTree::Index RankTree::RotateLeft(Index at) {
  const Index up = nodes_[at].right;
  nodes_[at].right = nodes_[up].left;
  nodes_[up].left = at;
  Refresh(at);
  Refresh(up);
  return up;
}

RankTree::Index RankTree::RotateRight(Index at) {
  const Index up = nodes_[at].left;
  nodes_[at].left = nodes_[up].right;
  nodes_[up].right = at;
  Refresh(at);
  Refresh(up);
  return up;
}

RankTree::Index RankTree::Balanced(Index at) {
  const Index left = nodes_[at].left;
  const Index right = nodes_[at].right;
  const auto weight = [this](Index index) { return std::size_t{nodes_[index].count} + 1; };
  if (TooHeavy(right, left)) {
    if (weight(nodes_[right].left) >= kGamma * weight(nodes_[right].right)) nodes_[at].right = RotateRight(right);
    return RotateLeft(at);
  }
  if (TooHeavy(left, right)) {
    if (weight(nodes_[left].right) >= kGamma * weight(nodes_[left].left)) nodes_[at].left = RotateLeft(left);
    return RotateRight(at);
  }
  Refresh(at);
  return at;
}

RankTree::Index RankTree::InsertInto(Index at, Index node) {
  if (at == 0) return node;
  if (RanksBefore(nodes_[node].entry, nodes_[at].entry)) {
    nodes_[at].left = InsertInto(nodes_[at].left, node);
  } else {
    MAINSTAY_CHECK(nodes_[node].entry != nodes_[at].entry, "a client was ranked twice");
    nodes_[at].right = InsertInto(nodes_[at].right, node);
  }
  return Balanced(at);
}

// Unlinks the first node of a non-empty subtree and hands it out.
RankTree::Index RankTree::TakeFirst(Index at, Index* first) {
  if (nodes_[at].left == 0) {
    *first = at;
    return nodes_[at].right;
  }
  nodes_[at].left = TakeFirst(nodes_[at].left, first);
  return Balanced(at);
}

RankTree::Index RankTree::EraseFrom(Index at, const Ranked& entry) {
  MAINSTAY_CHECK(at != 0, "a client to take out of the ranking was not in it");
  if (RanksBefore(entry, nodes_[at].entry)) {
    nodes_[at].left = EraseFrom(nodes_[at].left, entry);
    return Balanced(at);
  }
  if (RanksBefore(nodes_[at].entry, entry)) {
    nodes_[at].right = EraseFrom(nodes_[at].right, entry);
    return Balanced(at);
  }
  const Index left = nodes_[at].left;
  Index right = nodes_[at].right;
  nodes_[at] = Node{};
  nodes_[at].left = free_;
  free_ = at;
  if (left == 0 || right == 0) return left + right;  // One of them is 0.
  Index next = 0;
  right = TakeFirst(right, &next);
  nodes_[next].left = left;
  nodes_[next].right = right;
  return Balanced(next);
}

void RankTree::Insert(Ranked entry) {
  MAINSTAY_CHECK(entry.revenue > Money{}, "only paying clients are ranked");
  root_ = InsertInto(root_, NewNode(std::move(entry)));
}

void RankTree::Erase(const Ranked& entry) { root_ = EraseFrom(root_, entry); }

bool RankTree::Contains(const Ranked& entry) const {
  Index at = root_;
  while (at != 0 && nodes_[at].entry != entry) {
    at = RanksBefore(entry, nodes_[at].entry) ? nodes_[at].left : nodes_[at].right;
  }
  return at != 0;
}

std::size_t RankTree::RankOf(const Ranked& entry) const {
  std::size_t rank = 0;
  for (Index at = root_; at != 0;) {
    const Node& node = nodes_[at];
    if (RanksBefore(node.entry, entry)) {
      rank += std::size_t{nodes_[node.left].count} + 1;
      at = node.right;
    } else {
      at = node.left;
    }
  }
  return rank;
}

const Ranked& RankTree::At(std::size_t rank) const {
  MAINSTAY_CHECK(rank < size(), "no client has this rank");
  Index at = root_;
  while (true) {
    const Node& node = nodes_[at];
    const std::size_t left = nodes_[node.left].count;
    if (rank == left) return node.entry;
    at = rank < left ? node.left : node.right;
    if (rank > left) rank -= left + 1;
  }
}

RevenueSum RankTree::SumBefore(std::size_t rank) const {
  MAINSTAY_CHECK(rank <= size(), "no client has this rank");
  RevenueSum sum = 0;
  Index at = root_;
  while (at != 0 && rank > 0) {
    const Node& node = nodes_[at];
    const Node& left = nodes_[node.left];
    if (rank <= left.count) {
      at = node.left;
    } else {
      sum += left.sum + node.entry.revenue.units();
      rank -= std::size_t{left.count} + 1;
      at = node.right;
    }
  }
  return sum;
}

std::size_t RankTree::CountUntilShare(int percent) const {
  // Revenues are positive, so the sum before an entry grows with its rank and one descent finds the line.
  const RevenueSum wanted = total() * percent;
  std::size_t count = 0;
  RevenueSum before = 0;
  for (Index at = root_; at != 0;) {
    const Node& node = nodes_[at];
    const Node& left = nodes_[node.left];
    if ((before + left.sum) * 100 < wanted) {
      count += std::size_t{left.count} + 1;
      before += left.sum + node.entry.revenue.units();
      at = node.right;
    } else {
      at = node.left;
    }
  }
  return count;
}

std::size_t RankTree::Depth() const { return DepthOf(root_); }

std::size_t RankTree::DepthOf(Index at) const {
  return at == 0 ? 0 : 1 + std::max(DepthOf(nodes_[at].left), DepthOf(nodes_[at].right));
}

}  // namespace mainstay::segmentation
