#include "backtest/read_histories.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace mainstay::backtest {

Result<ReadHistories> ReadOrderDays(const OrderFile& file, const std::function<void(std::uint64_t rows)>& progress) {
  std::map<std::string, std::map<Day, double>, std::less<>> clients;
  const auto take = [&](const OrderRow& row) {
    auto client = clients.find(row.client);
    if (client == clients.end()) client = clients.emplace(row.client, std::map<Day, double>{}).first;
    client->second[row.day] += static_cast<double>(row.amount.units()) / static_cast<double>(Money::kUnitsPerWhole);
  };
  ReadHistories out;
  MAINSTAY_TRY_ASSIGN(counts, ReadOrderRows(file, take, progress));
  out.counts = counts;
  for (const auto& [client, days] : clients) {
    risk::DayHistory history;
    for (const auto& [day, value] : days) {
      if (value <= 0) continue;
      history.days.push_back(day);
      history.values.push_back(value);
    }
    if (!history.days.empty()) out.histories.push_back(std::move(history));
  }
  return out;
}

Result<ReadPurchases> ReadProducts(OrderFile file, Day cut, std::int64_t horizon_days,
                                   const std::function<void(std::uint64_t rows)>& progress) {
  file.with_products = true;
  std::map<std::string, segmentation::PurchaseHistory, std::less<>> clients;
  std::map<std::string, std::map<std::string, std::set<Day>>, std::less<>> days;  // Client, product.
  ReadPurchases out;
  const Day end = cut + std::chrono::days{horizon_days};
  const auto take = [&](const OrderRow& row) {
    out.last = std::max(out.last, row.day);
    if (row.amount == Money{} || row.product.empty() || row.day > end) return;
    auto client = clients.find(row.client);
    if (client == clients.end()) client = clients.emplace(row.client, segmentation::PurchaseHistory{}).first;
    if (row.day > cut) {
      client->second.after.emplace(row.product);
    } else {
      days[client->first][std::string(row.product)].insert(row.day);
    }
  };
  MAINSTAY_TRY_ASSIGN(counts, ReadOrderRows(file, take, progress));
  out.counts = counts;
  for (auto& [client, history] : clients) {
    for (const auto& [product, on] : days[client]) history.before[product] = static_cast<std::int64_t>(on.size());
    out.histories.push_back(std::move(history));
  }
  return out;
}

}  // namespace mainstay::backtest
