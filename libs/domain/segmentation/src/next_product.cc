#include "mainstay/segmentation/next_product.h"

#include <algorithm>
#include <string_view>

#include "mainstay/base/check.h"

namespace mainstay::segmentation {
namespace {

constexpr std::int64_t kLeastBoth = 3;
constexpr double kLeastLift = 1.2;
constexpr double kPrior = 5;

// The ids with at least `least` holders, the most held first, ties by id, at most `most`.
std::vector<std::string> MostHeld(const std::map<std::string, std::int64_t>& holders, std::int64_t least,
                                  std::size_t most) {
  std::vector<std::pair<std::string, std::int64_t>> chosen;
  for (const auto& [id, count] : holders) {
    if (count >= least) chosen.emplace_back(id, count);
  }
  std::stable_sort(chosen.begin(), chosen.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  if (chosen.size() > most) chosen.resize(most);
  std::vector<std::string> ids;
  ids.reserve(chosen.size());
  for (auto& [id, count] : chosen) ids.push_back(std::move(id));
  return ids;
}

double LiftOf(double n, double n_o, double n_p, double n_op) { return n_op * n / (n_o * n_p); }

double ScoreOf(double n, double n_o, double n_p, double n_op) { return (n_op + kPrior * n_p / n) / (n_o + kPrior); }

// The first `most` of all lists together, each product once. What is behind the first `most` of its own list that are
// not held has as many better ones, so it is never looked at.
template <typename Item, typename IsHeld, typename ProductOf>
std::vector<const Item*> BestUnheld(std::span<const std::span<const Item>> lists, std::size_t most, IsHeld is_held,
                                    ProductOf product_of) {
  std::vector<const Item*> best;
  for (const std::span<const Item> list : lists) {
    std::size_t taken = 0;
    for (auto item = list.begin(); item != list.end() && taken < most; ++item) {
      if (is_held(*item)) continue;
      best.push_back(&*item);
      ++taken;
    }
  }
  std::stable_sort(best.begin(), best.end(), [&](const Item* a, const Item* b) {
    return a->score != b->score ? a->score > b->score : product_of(*a) < product_of(*b);
  });
  std::set<std::string_view> seen;
  std::erase_if(best, [&](const Item* item) { return seen.size() == most || !seen.insert(product_of(*item)).second; });
  return best;
}

}  // namespace

PairCounts::PairCounts(const std::map<std::string, std::int64_t>& holders, std::int64_t n) : n_(n) {
  // At least max(5, 1 % of n) holders; the percentage is rounded up.
  candidates_ = MostHeld(holders, std::max<std::int64_t>(5, (n + 99) / 100), kMostCandidates);
  owned_ = MostHeld(holders, kLeastBoth, kMostOwned);
  for (const std::string& id : candidates_) {
    candidate_index_.emplace(id, static_cast<std::uint32_t>(candidate_holders_.size()));
    candidate_holders_.push_back(holders.at(id));
  }
  for (const std::string& id : owned_) {
    owned_index_.emplace(id, static_cast<std::uint32_t>(owned_holders_.size()));
    owned_holders_.push_back(holders.at(id));
  }
  both_.assign(owned_.size() * candidates_.size(), 0);
}

void PairCounts::AddClient(std::span<const std::string> products) {
  std::vector<std::size_t> rows;
  std::vector<std::size_t> columns;
  for (const std::string& product : products) {
    if (const auto row = owned_index_.find(product); row != owned_index_.end()) rows.push_back(row->second);
    const auto column = candidate_index_.find(product);
    if (column != candidate_index_.end()) columns.push_back(column->second);
  }
  for (const std::size_t row : rows) {
    std::uint32_t* const counts = both_.data() + row * candidates_.size();
    for (const std::size_t column : columns) ++counts[column];
  }
}

std::vector<Partner> PairCounts::PartnersOf(std::size_t index) const {
  MAINSTAY_CHECK(index < owned_.size(), "no product has this index");
  std::vector<Partner> found;
  const auto n = static_cast<double>(n_);
  const auto n_o = static_cast<double>(owned_holders_[index]);
  for (std::size_t column = 0; column < candidates_.size(); ++column) {
    const std::int64_t both = both_[index * candidates_.size() + column];
    if (both < kLeastBoth || candidates_[column] == owned_[index]) continue;
    const auto n_op = static_cast<double>(both);
    const auto n_p = static_cast<double>(candidate_holders_[column]);
    if (LiftOf(n, n_o, n_p, n_op) < kLeastLift) continue;
    found.push_back({static_cast<std::uint32_t>(column), ScoreOf(n, n_o, n_p, n_op)});
  }
  const auto before = [this](const Partner& a, const Partner& b) {
    return a.score != b.score ? a.score > b.score : candidates_[a.candidate] < candidates_[b.candidate];
  };
  const std::size_t kept = std::min(found.size(), kMostPartners);
  std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(kept), found.end(), before);
  found.resize(kept);
  return found;
}

std::vector<Association> PairCounts::EvidenceOf(std::size_t index, std::span<const Partner> ranked) const {
  std::vector<Association> associations;
  associations.reserve(ranked.size());
  const auto n = static_cast<double>(n_);
  const auto n_o = static_cast<double>(owned_holders_[index]);
  for (const auto& [column, score] : ranked) {
    const std::int64_t both = both_[index * candidates_.size() + column];
    const std::int64_t holders = candidate_holders_[column];
    const auto n_op = static_cast<double>(both);
    const double lift = LiftOf(n, n_o, static_cast<double>(holders), n_op);
    associations.push_back({owned_[index], candidates_[column], both, holders, n_op / n, n_op / n_o, lift, score});
  }
  return associations;
}

std::vector<Association> PairCounts::AssociationsOf(std::size_t index) const {
  return EvidenceOf(index, PartnersOf(index));
}

std::optional<std::uint32_t> PairCounts::OwnedIndexOf(const std::string& product) const {
  const auto found = owned_index_.find(product);
  return found == owned_index_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::uint32_t> PairCounts::CandidateIndexOf(const std::string& product) const {
  const auto found = candidate_index_.find(product);
  return found == candidate_index_.end() ? std::nullopt : std::optional(found->second);
}

Recommender::Recommender(PairCounts counts) : counts_(std::move(counts)) {
  partners_.reserve(counts_.owned().size());
  for (std::size_t i = 0; i < counts_.owned().size(); ++i) partners_.push_back(counts_.PartnersOf(i));
}

std::vector<std::string> Recommender::For(std::span<const std::string> held, std::size_t most) const {
  const std::vector<std::string>& candidates = counts_.candidates();
  std::vector<bool> is_held(candidates.size());
  std::vector<std::span<const Partner>> lists;
  for (const std::string& product : held) {
    if (const auto candidate = counts_.CandidateIndexOf(product)) is_held[*candidate] = true;
    if (const auto owned = counts_.OwnedIndexOf(product)) lists.emplace_back(partners_[*owned]);
  }
  const auto best = BestUnheld<Partner>(
      lists, most, [&](const Partner& p) { return is_held[p.candidate]; },
      [&](const Partner& p) -> const std::string& { return candidates[p.candidate]; });
  std::vector<std::string> products;
  products.reserve(best.size());
  for (const Partner* partner : best) products.push_back(candidates[partner->candidate]);
  return products;
}

std::vector<Association> NextProducts(const std::set<std::string>& held, std::span<const std::vector<Association>> of,
                                      std::size_t most) {
  const std::vector<std::span<const Association>> lists(of.begin(), of.end());
  const auto best = BestUnheld<Association>(
      lists, most, [&](const Association& a) { return held.contains(a.product); },
      [](const Association& a) -> const std::string& { return a.product; });
  std::vector<Association> next;
  next.reserve(best.size());
  for (const Association* pair : best) next.push_back(*pair);
  return next;
}

}  // namespace mainstay::segmentation
