#include "mainstay/segmentation/next_product.h"

#include <algorithm>

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
  for (auto& [id, count] : chosen) ids.push_back(std::move(id));
  return ids;
}

double LiftOf(double n, double n_o, double n_p, double n_op) { return n_op * n / (n_o * n_p); }

double ScoreOf(double n, double n_o, double n_p, double n_op) { return (n_op + kPrior * n_p / n) / (n_o + kPrior); }

bool Before(const Association& a, const Association& b) {
  return a.score != b.score ? a.score > b.score : a.product < b.product;
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

std::vector<Association> NextProducts(const std::set<std::string>& held, std::span<const std::vector<Association>> of,
                                      std::size_t most) {
  std::map<std::string, const Association*> best;
  for (const std::vector<Association>& list : of) {
    for (const Association& pair : list) {
      if (held.contains(pair.product)) continue;
      const Association*& known = best[pair.product];
      const bool better =
          known == nullptr || pair.score > known->score || (pair.score == known->score && pair.owned < known->owned);
      if (better) known = &pair;
    }
  }
  std::vector<Association> next;
  for (const auto& [product, pair] : best) next.push_back(*pair);
  std::sort(next.begin(), next.end(), Before);
  if (next.size() > most) next.resize(most);
  return next;
}

}  // namespace mainstay::segmentation
