#include "services/segmentation/tests/ranking_reference.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "services/segmentation/ranking_table.h"

namespace mainstay::segmentation {
namespace {

using Entry = std::pair<Ranked, ParetoPlace>;

// The 80 % line by adding up from the top.
void DrawLine(const std::vector<Entry>& sorted, ParetoTotals& totals) {
  for (const auto& [ranked, place] : sorted) {
    if (100 * totals.above_line_revenue >= 80 * totals.revenue) return;
    ++totals.above_line;
    totals.above_line_revenue += ranked.revenue.units();
  }
}

std::vector<Entry> Stored(const stream::Snapshot& snapshot, const BookId& book) {
  std::vector<Entry> entries;
  const auto visit = [&](ClientId client, const ParetoPlace& place) {
    entries.push_back({{place.revenue, std::move(client)}, place});
    return true;
  };
  if (!ForRanked(snapshot, book, visit)) entries.clear();
  return entries;
}

}  // namespace

std::string RankingTrouble(const stream::Snapshot& snapshot, const BookId& book) {
  const std::string prefix = book.raw() + '\0';
  std::vector<Entry> expected;
  std::vector<Effort> efforts;
  BookTotals totals;
  const auto scanned = snapshot.Scan(kClients, prefix, {}, [&](std::string_view key, std::string_view value) {
    const ClientRecord client = DecodeClient(value).value();
    const ParetoPlace place = ContributionOf(client).place;
    totals.bought += client.net.units();
    totals.order_days += client.order_days;
    if (place.revenue <= Money{}) return true;
    totals.pareto.Add(place);
    efforts.push_back(EffortOf(client.minutes, place.revenue));
    expected.push_back({{place.revenue, ClientId{std::string(key.substr(prefix.size()))}}, place});
    return true;
  });
  if (!scanned) return scanned.error().message;
  std::sort(expected.begin(), expected.end(),
            [](const Entry& a, const Entry& b) { return RanksBefore(a.first, b.first); });
  DrawLine(expected, totals.pareto);
  totals.lines = LinesOfEfforts(std::move(efforts));
  if (Stored(snapshot, book) != expected) return "the entries are not the clients in their order";
  const auto bytes = snapshot.Get(kTotals, book.raw()).value();
  if (!bytes) return expected.empty() ? "" : "there are no totals";
  const BookTotals stored = DecodeTotals(*bytes).value();
  totals.octaves = stored.octaves;
  if (stored != totals) return "the totals are not the sums of the clients";
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const Ranked& ranked = expected[i].first;
    const auto rank = StoredRankOf(snapshot, book, stored, ranked.client, ranked.revenue);
    if (!rank) return rank.error().message;
    if (*rank != static_cast<std::int64_t>(i) + 1) return "a stored rank is not the place among the sorted";
  }
  return "";
}

}  // namespace mainstay::segmentation
