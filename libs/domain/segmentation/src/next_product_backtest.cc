#include "mainstay/segmentation/next_product_backtest.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "mainstay/segmentation/next_product.h"

namespace mainstay::segmentation {
namespace {

using Suggestions = std::vector<std::string>;
using Suggest = std::function<Suggestions(const PurchaseHistory&)>;

constexpr std::size_t kMost = kHitsAt.back();

std::map<std::string, std::int64_t> HoldersOf(std::span<const PurchaseHistory> histories) {
  std::map<std::string, std::int64_t> holders;
  for (const PurchaseHistory& history : histories) {
    for (const auto& [product, days] : history.before) ++holders[product];
  }
  return holders;
}

// Largest first, ties by product.
std::vector<std::pair<std::string, std::int64_t>> MostHeld(const std::map<std::string, std::int64_t>& counts) {
  std::vector<std::pair<std::string, std::int64_t>> ranked(counts.begin(), counts.end());
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return ranked;
}

Suggestions HeldBefore(const PurchaseHistory& history) {
  Suggestions products;
  for (const auto& [product, days] : history.before) products.push_back(product);
  return products;
}

Recommender CountPairs(std::span<const PurchaseHistory> histories, const std::map<std::string, std::int64_t>& holders) {
  PairCounts counts(holders, static_cast<std::int64_t>(histories.size()));
  for (const PurchaseHistory& history : histories) counts.AddClient(HeldBefore(history));
  return Recommender(std::move(counts));
}

Suggestions Popular(const std::vector<std::pair<std::string, std::int64_t>>& ranked, const PurchaseHistory& history,
                    bool unheld) {
  Suggestions suggestions;
  for (const auto& [product, holders] : ranked) {
    if (suggestions.size() == kMost) break;
    if (!unheld || !history.before.contains(product)) suggestions.push_back(product);
  }
  return suggestions;
}

Suggestions Repeated(const PurchaseHistory& history) {
  Suggestions suggestions;
  for (const auto& [product, days] : MostHeld(history.before)) {
    if (suggestions.size() == kMost) break;
    suggestions.push_back(product);
  }
  return suggestions;
}

HitTarget Measure(std::string name, std::span<const PurchaseHistory> histories, bool only_new,
                  const std::vector<std::pair<std::string, Suggest>>& methods) {
  HitTarget target{std::move(name), 0, {}};
  for (const auto& [method, suggest] : methods) target.methods.push_back({method, 0, {}});
  for (const PurchaseHistory& history : histories) {
    const auto wanted = [&](const std::string& product) {
      return history.after.contains(product) && !(only_new && history.before.contains(product));
    };
    if (std::none_of(history.after.begin(), history.after.end(), wanted)) continue;
    ++target.clients;
    for (std::size_t m = 0; m < methods.size(); ++m) {
      const Suggestions suggestions = methods[m].second(history);
      HitRates& rates = target.methods[m];
      if (!suggestions.empty()) ++rates.suggested;
      const auto hit = std::find_if(suggestions.begin(), suggestions.end(), wanted);
      const auto place = static_cast<std::size_t>(hit - suggestions.begin());
      for (std::size_t k = 0; k < kHitsAt.size(); ++k) {
        if (hit != suggestions.end() && place < kHitsAt[k]) rates.rates[k] += 1;
      }
    }
  }
  for (HitRates& rates : target.methods) {
    for (double& rate : rates.rates) rate = target.clients == 0 ? 0 : rate / static_cast<double>(target.clients);
  }
  return target;
}

}  // namespace

NextProductReport BacktestNextProduct(std::span<const PurchaseHistory> histories) {
  std::vector<PurchaseHistory> known;
  std::copy_if(histories.begin(), histories.end(), std::back_inserter(known),
               [](const PurchaseHistory& history) { return !history.before.empty(); });
  const std::map<std::string, std::int64_t> holders = HoldersOf(known);
  const auto ranked = MostHeld(holders);
  const Recommender recommender = CountPairs(known, holders);
  const Suggest together = [&](const PurchaseHistory& history) { return recommender.For(HeldBefore(history), kMost); };
  const auto popular = [&](bool unheld) -> Suggest {
    return [&ranked, unheld](const PurchaseHistory& history) { return Popular(ranked, history, unheld); };
  };
  NextProductReport report{static_cast<std::int64_t>(known.size()), static_cast<std::int64_t>(holders.size()), {}};
  report.targets.push_back(
      Measure("new_products", known, true, {{"co_purchase", together}, {"popularity", popular(true)}}));
  report.targets.push_back(
      Measure("any_product", known, false,
              {{"co_purchase", together}, {"popularity", popular(false)}, {"repeat_purchase", Repeated}}));
  return report;
}

}  // namespace mainstay::segmentation
