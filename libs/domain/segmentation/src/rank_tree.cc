#include "mainstay/segmentation/rank_tree.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "mainstay/base/check.h"

namespace mainstay::segmentation {

Money ClampedMoney(RevenueSum sum) {
  constexpr RevenueSum kMost = std::numeric_limits<std::int64_t>::max();
  return Money::FromUnits(static_cast<std::int64_t>(std::clamp(sum, -kMost, kMost)));
}

bool RanksBefore(const Ranked& a, const Ranked& b) {
  if (a.revenue != b.revenue) return a.revenue > b.revenue;
  return a.client < b.client;
}

RankTree::RankTree() : leaves_(1) {}

std::size_t RankTree::size() const { return size_; }

RevenueSum RankTree::total() const { return total_; }

RankTree::Index RankTree::NewLeaf() {
  if (!free_leaves_.empty()) {
    const Index at = free_leaves_.back();
    free_leaves_.pop_back();
    return at;
  }
  MAINSTAY_CHECK(leaves_.size() < std::numeric_limits<Index>::max(), "a book has more clients than an index holds");
  leaves_.emplace_back();
  return static_cast<Index>(leaves_.size() - 1);
}

RankTree::Index RankTree::NewInner() {
  if (!free_inners_.empty()) {
    const Index at = free_inners_.back();
    free_inners_.pop_back();
    return at;
  }
  inners_.emplace_back();
  return static_cast<Index>(inners_.size() - 1);
}

void RankTree::Free(Level level, Index at) {
  if (level == 0) {
    leaves_[at] = Leaf{};
    free_leaves_.push_back(at);
  } else {
    inners_[at].size = 0;
    free_inners_.push_back(at);
  }
}

std::size_t RankTree::SizeOf(Level level, Index at) const { return level == 0 ? leaves_[at].size : inners_[at].size; }

const Ranked& RankTree::FirstOf(Level level, Index at) const {
  for (; level > 0; --level) at = inners_[at].child[0];
  return leaves_[at].entries[0];
}

std::size_t RankTree::PlaceIn(const Leaf& leaf, const Ranked& entry) {
  const auto end = leaf.entries.begin() + static_cast<std::ptrdiff_t>(leaf.size);
  return static_cast<std::size_t>(std::lower_bound(leaf.entries.begin(), end, entry, RanksBefore) -
                                  leaf.entries.begin());
}

std::size_t RankTree::ChildFor(const Inner& inner, Level level, const Ranked& entry) const {
  const std::int64_t revenue = entry.revenue.units();
  std::size_t low = 1;  // Whatever is before the first entry belongs below the first child.
  std::size_t high = inner.size;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    const bool before = inner.first[middle] != revenue ? inner.first[middle] > revenue
                                                       : !RanksBefore(entry, FirstOf(level - 1, inner.child[middle]));
    (before ? low : high) = before ? middle + 1 : middle;
  }
  return low - 1;
}

void RankTree::SetChild(Inner& inner, Level level, std::size_t i, Index child) const {
  std::size_t count = 0;
  RevenueSum sum = 0;
  if (level == 1) {
    const Leaf& leaf = leaves_[child];
    count = leaf.size;
    for (std::size_t k = 0; k < leaf.size; ++k) sum += leaf.entries[k].revenue.units();
  } else {
    const Inner& below = inners_[child];
    for (std::size_t k = 0; k < below.size; ++k) {
      count += below.count[k];
      sum += below.sum[k];
    }
  }
  inner.child[i] = child;
  inner.count[i] = static_cast<std::uint32_t>(count);
  inner.sum[i] = sum;
  inner.first[i] = FirstOf(level - 1, child).revenue.units();
}

void RankTree::InsertChild(Inner& inner, Level level, std::size_t i, Index child) const {
  const auto shift = [&](auto& values) {
    std::move_backward(values.begin() + static_cast<std::ptrdiff_t>(i),
                       values.begin() + static_cast<std::ptrdiff_t>(inner.size),
                       values.begin() + static_cast<std::ptrdiff_t>(inner.size + 1));
  };
  shift(inner.first);
  shift(inner.count);
  shift(inner.child);
  shift(inner.sum);
  ++inner.size;
  SetChild(inner, level, i, child);
}

void RankTree::RemoveChild(Inner& inner, std::size_t i) {
  const auto shift = [&](auto& values) {
    std::move(values.begin() + static_cast<std::ptrdiff_t>(i + 1),
              values.begin() + static_cast<std::ptrdiff_t>(inner.size),
              values.begin() + static_cast<std::ptrdiff_t>(i));
  };
  shift(inner.first);
  shift(inner.count);
  shift(inner.child);
  shift(inner.sum);
  --inner.size;
}

std::optional<RankTree::Index> RankTree::InsertIntoLeaf(Index at, Ranked& entry) {
  std::optional<Index> right;
  Leaf* leaf = &leaves_[at];
  std::size_t place = PlaceIn(*leaf, entry);
  MAINSTAY_CHECK(place == leaf->size || leaf->entries[place] != entry, "a client was ranked twice");
  if (leaf->size == kLeafMost) {
    constexpr std::size_t kHalf = kLeafMost / 2;
    right = NewLeaf();
    Leaf& half = leaves_[*right];
    std::move(leaf->entries.begin() + kHalf, leaf->entries.end(), half.entries.begin());
    half.size = kLeafMost - kHalf;
    leaf->size = kHalf;
    if (place > kHalf) {
      leaf = &half;
      place -= kHalf;
    }
  }
  const auto begin = leaf->entries.begin();
  std::move_backward(begin + static_cast<std::ptrdiff_t>(place), begin + static_cast<std::ptrdiff_t>(leaf->size),
                     begin + static_cast<std::ptrdiff_t>(leaf->size + 1));
  leaf->entries[place] = std::move(entry);
  ++leaf->size;
  return right;
}

std::optional<RankTree::Index> RankTree::InsertInto(Level level, Index at, Ranked& entry) {
  if (level == 0) return InsertIntoLeaf(at, entry);
  Inner& inner = inners_[at];
  const std::size_t i = ChildFor(inner, level, entry);
  const std::int64_t revenue = entry.revenue.units();
  const std::optional<Index> split = InsertInto(level - 1, inner.child[i], entry);
  if (!split) {
    ++inner.count[i];
    inner.sum[i] += revenue;
    inner.first[i] = std::max(inner.first[i], revenue);
    return std::nullopt;
  }
  SetChild(inner, level, i, inner.child[i]);
  if (inner.size < kInnerMost) {
    InsertChild(inner, level, i + 1, *split);
    return std::nullopt;
  }
  constexpr std::size_t kHalf = kInnerMost / 2;
  const Index right = NewInner();
  Inner& half = inners_[right];
  for (std::size_t k = kHalf; k < kInnerMost; ++k) SetChild(half, level, k - kHalf, inner.child[k]);
  half.size = kInnerMost - kHalf;
  inner.size = kHalf;
  if (i + 1 > kHalf) {
    InsertChild(half, level, i + 1 - kHalf, *split);
  } else {
    InsertChild(inner, level, i + 1, *split);
  }
  return right;
}

void RankTree::Insert(Ranked entry) {
  MAINSTAY_CHECK(entry.revenue > Money{}, "only paying clients are ranked");
  const std::int64_t revenue = entry.revenue.units();
  const std::optional<Index> right = InsertInto(height_, root_, entry);
  ++size_;
  total_ += revenue;
  if (!right) return;
  const Index top = NewInner();
  Inner& inner = inners_[top];
  inner.size = 2;
  SetChild(inner, height_ + 1, 0, root_);
  SetChild(inner, height_ + 1, 1, *right);
  root_ = top;
  ++height_;
}

void RankTree::EraseFrom(Level level, Index at, const Ranked& entry) {
  if (level == 0) {
    Leaf& leaf = leaves_[at];
    const std::size_t place = PlaceIn(leaf, entry);
    const bool there = place < leaf.size && leaf.entries[place] == entry;
    MAINSTAY_CHECK(there, "a client to take out of the ranking was not in it");
    const auto begin = leaf.entries.begin();
    std::move(begin + static_cast<std::ptrdiff_t>(place + 1), begin + static_cast<std::ptrdiff_t>(leaf.size),
              begin + static_cast<std::ptrdiff_t>(place));
    leaf.entries[--leaf.size] = Ranked{};
    return;
  }
  Inner& inner = inners_[at];
  const std::size_t i = ChildFor(inner, level, entry);
  EraseFrom(level - 1, inner.child[i], entry);
  --inner.count[i];
  inner.sum[i] -= entry.revenue.units();
  // Its first may be gone; a child that is nearly empty is filled up, an empty one does not occur.
  inner.first[i] = FirstOf(level - 1, inner.child[i]).revenue.units();
  const std::size_t least = (level == 1 ? kLeafMost : kInnerMost) / 4;
  if (inner.size > 1 && SizeOf(level - 1, inner.child[i]) < least) Refill(inner, level, i);
}

void RankTree::Erase(const Ranked& entry) {
  EraseFrom(height_, root_, entry);
  --size_;
  total_ -= entry.revenue.units();
  while (height_ > 0 && inners_[root_].size == 1) {
    const Index top = root_;
    root_ = inners_[top].child[0];
    Free(height_--, top);
  }
}

void RankTree::Refill(Inner& inner, Level level, std::size_t i) {
  const std::size_t left = i > 0 ? i - 1 : i;
  const Index a = inner.child[left];
  const Index b = inner.child[left + 1];
  if (level == 1) {
    ShareLeaves(a, b);
  } else {
    ShareInners(level - 1, a, b);
  }
  SetChild(inner, level, left, a);
  if (SizeOf(level - 1, b) > 0) {
    SetChild(inner, level, left + 1, b);
    return;
  }
  Free(level - 1, b);
  RemoveChild(inner, left + 1);
}

// Everything into the left one where that leaves room for more, else half to each.
void RankTree::ShareLeaves(Index left, Index right) {
  Leaf& a = leaves_[left];
  Leaf& b = leaves_[right];
  std::vector<Ranked> all;
  all.reserve(a.size + b.size);
  for (Leaf* leaf : {&a, &b}) {
    for (std::size_t i = 0; i < leaf->size; ++i) all.push_back(std::move(leaf->entries[i]));
  }
  const std::size_t in_a = all.size() <= kLeafMost * 3 / 4 ? all.size() : all.size() / 2;
  a.size = in_a;
  b.size = all.size() - in_a;
  for (std::size_t i = 0; i < kLeafMost; ++i) {
    a.entries[i] = i < in_a ? std::move(all[i]) : Ranked{};
    b.entries[i] = i < b.size ? std::move(all[in_a + i]) : Ranked{};
  }
}

void RankTree::ShareInners(Level level, Index left, Index right) {
  Inner& a = inners_[left];
  Inner& b = inners_[right];
  std::vector<Index> all(a.child.begin(), a.child.begin() + static_cast<std::ptrdiff_t>(a.size));
  all.insert(all.end(), b.child.begin(), b.child.begin() + static_cast<std::ptrdiff_t>(b.size));
  a.size = all.size() <= kInnerMost * 3 / 4 ? all.size() : all.size() / 2;
  b.size = all.size() - a.size;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i < a.size) SetChild(a, level, i, all[i]);
    if (i >= a.size) SetChild(b, level, i - a.size, all[i]);
  }
}

bool RankTree::Contains(const Ranked& entry) const {
  Index at = root_;
  for (Level level = height_; level > 0; --level) {
    const Inner& inner = inners_[at];
    at = inner.child[ChildFor(inner, level, entry)];
  }
  const Leaf& leaf = leaves_[at];
  const std::size_t place = PlaceIn(leaf, entry);
  return place < leaf.size && leaf.entries[place] == entry;
}

std::size_t RankTree::RankOf(const Ranked& entry) const {
  std::size_t rank = 0;
  Index at = root_;
  for (Level level = height_; level > 0; --level) {
    const Inner& inner = inners_[at];
    const std::size_t i = ChildFor(inner, level, entry);
    for (std::size_t k = 0; k < i; ++k) rank += inner.count[k];
    at = inner.child[i];
  }
  return rank + PlaceIn(leaves_[at], entry);
}

const Ranked& RankTree::At(std::size_t rank) const {
  MAINSTAY_CHECK(rank < size(), "no client has this rank");
  Index at = root_;
  for (Level level = height_; level > 0; --level) {
    const Inner& inner = inners_[at];
    std::size_t i = 0;
    while (rank >= inner.count[i]) rank -= inner.count[i++];
    at = inner.child[i];
  }
  return leaves_[at].entries[rank];
}

RevenueSum RankTree::SumBefore(std::size_t rank) const {
  MAINSTAY_CHECK(rank <= size(), "no client has this rank");
  if (rank == size_) return total_;
  RevenueSum sum = 0;
  Index at = root_;
  for (Level level = height_; level > 0; --level) {
    const Inner& inner = inners_[at];
    std::size_t i = 0;
    for (; rank >= inner.count[i]; ++i) {
      rank -= inner.count[i];
      sum += inner.sum[i];
    }
    at = inner.child[i];
  }
  for (std::size_t i = 0; i < rank; ++i) sum += leaves_[at].entries[i].revenue.units();
  return sum;
}

std::size_t RankTree::CountUntilShare(int percent) const {
  // Revenues are positive, so the sum before an entry grows with its rank and one descent finds the line.
  const RevenueSum wanted = total() * percent;
  std::size_t count = 0;
  RevenueSum before = 0;
  Index at = root_;
  for (Level level = height_; level > 0; --level) {
    const Inner& inner = inners_[at];
    std::size_t i = 0;
    for (; i + 1 < inner.size && (before + inner.sum[i]) * 100 < wanted; ++i) {
      count += inner.count[i];
      before += inner.sum[i];
    }
    at = inner.child[i];
  }
  const Leaf& leaf = leaves_[at];
  for (std::size_t i = 0; i < leaf.size && before * 100 < wanted; ++i) {
    before += leaf.entries[i].revenue.units();
    ++count;
  }
  return count;
}

}  // namespace mainstay::segmentation
