#include "mainstay/segmentation/book_health.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

namespace mainstay::segmentation {
namespace {

constexpr double kDaysOfYear = 365;
constexpr int kForecastYears = 3;
constexpr double kTopPart = 10;  // One in ten.

double Number(Money money) { return static_cast<double>(money.units()) / static_cast<double>(Money::kUnitsPerWhole); }

std::optional<double> Part(double part, double whole) { return whole > 0 ? std::optional(part / whole) : std::nullopt; }

Money Paid(Money money) { return std::max(money, Money{}); }

struct Limit {
  double below;
  const char* name;
};
constexpr std::array<Limit, 4> kRevenueBands = {{{1'000, "below 1,000"},
                                                 {10'000, "1,000 to 10,000"},
                                                 {100'000, "10,000 to 100,000"},
                                                 {HUGE_VAL, "100,000 and more"}}};
constexpr std::array<Limit, 4> kEmployeeBands = {{{10, "1 to 9 employees"},
                                                  {50, "10 to 49 employees"},
                                                  {250, "50 to 249 employees"},
                                                  {HUGE_VAL, "250 employees and more"}}};

void AddTo(SizeBand& band, const HealthClient& client, std::int64_t& kept) {
  const bool pays = client.revenue > Money{};
  const bool paid = client.previous > Money{};
  band.clients += pays ? 1 : 0;
  band.revenue += Paid(client.revenue);
  band.before += paid ? 1 : 0;
  kept += pays && paid && !client.lost ? 1 : 0;
  band.referrals += client.referral ? 1 : 0;
  band.minutes += client.minutes;
}

// Empty bands are left out.
std::vector<SizeBand> Bands(std::span<const HealthClient> clients, std::span<const Limit> limits,
                            const std::function<std::optional<double>(const HealthClient&)>& size) {
  std::vector<SizeBand> bands(limits.size() + 1);
  std::vector<std::int64_t> kept(bands.size());
  for (std::size_t i = 0; i < limits.size(); ++i) bands[i].name = limits[i].name;
  bands.back().name = "unknown";
  for (const HealthClient& client : clients) {
    if (client.revenue <= Money{} && client.previous <= Money{}) continue;
    const std::optional<double> value = size(client);
    std::size_t i = limits.size();
    if (value)
      i = static_cast<std::size_t>(
          std::ranges::find_if(limits, [&](const Limit& limit) { return *value < limit.below; }) - limits.begin());
    AddTo(bands[i], client, kept[i]);
  }
  for (std::size_t i = 0; i < bands.size(); ++i) {
    bands[i].retention = Part(static_cast<double>(kept[i]), static_cast<double>(bands[i].before));
    bands[i].minutes_per_thousand = Part(1'000 * static_cast<double>(bands[i].minutes), Number(bands[i].revenue));
  }
  std::erase_if(bands, [](const SizeBand& band) { return band.clients == 0 && band.before == 0; });
  return bands;
}

std::optional<double> Median(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  std::ranges::sort(values);
  const std::size_t n = values.size();
  return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

Profile ProfileOf(std::span<const HealthClient> clients, const std::function<bool(const HealthClient&)>& belongs) {
  std::vector<double> revenue, employees, annual, products, departments, days, minutes;
  for (const HealthClient& client : clients) {
    if (!belongs(client)) continue;
    revenue.push_back(Number(client.revenue));
    if (client.employees) employees.push_back(static_cast<double>(*client.employees));
    if (client.annual_revenue) annual.push_back(Number(*client.annual_revenue));
    products.push_back(static_cast<double>(client.products));
    departments.push_back(static_cast<double>(client.departments));
    days.push_back(static_cast<double>(client.order_days));
    minutes.push_back(static_cast<double>(client.minutes));
  }
  Profile profile;
  profile.clients = static_cast<std::int64_t>(revenue.size());
  profile.revenue = Median(revenue);
  profile.employees = Median(employees);
  profile.annual_revenue = Median(annual);
  profile.products = Median(products);
  profile.departments = Median(departments);
  profile.order_days = Median(days);
  profile.minutes = Median(minutes);
  return profile;
}

// Who pays nothing has no rank, which is not the upper half either.
std::vector<ClientId> BigNames(std::span<const HealthClient> clients) {
  std::vector<double> sizes;
  std::vector<Ranked> ranked;
  for (const HealthClient& client : clients) {
    if (client.annual_revenue) sizes.push_back(Number(*client.annual_revenue));
    if (client.revenue > Money{}) ranked.push_back({client.revenue, client.id});
  }
  std::vector<ClientId> names;
  if (sizes.empty() || ranked.empty()) return names;
  std::ranges::sort(sizes, std::greater{});
  const auto top = static_cast<std::size_t>(std::ceil(static_cast<double>(sizes.size()) / kTopPart));
  const double least = sizes[top - 1];
  const auto last_of_upper_half = ranked.begin() + static_cast<std::ptrdiff_t>((ranked.size() - 1) / 2);
  std::ranges::nth_element(ranked, last_of_upper_half, RanksBefore);
  for (const HealthClient& client : clients) {
    const bool big = client.annual_revenue && Number(*client.annual_revenue) >= least;
    if (big && RanksBefore(*last_of_upper_half, {client.revenue, client.id})) names.push_back(client.id);
  }
  return names;
}

void Count(const HealthClient& client, BookHealth& health, Money& gained_new) {
  const bool pays = client.revenue > Money{};
  const bool paid = client.previous > Money{};
  if (pays) {
    ++health.paying;
    health.revenue += client.revenue;
  }
  if (paid) {
    ++health.before;
    health.previous += client.previous;
    health.minutes_present += client.minutes;
    const bool kept = pays && !client.lost;
    if (kept) ++health.kept;
    if (!kept) health.gone_revenue += client.previous;
    if (pays) health.base_revenue += client.revenue;
    if (client.revenue > client.previous) health.gained_present += client.revenue - client.previous;
  } else {
    health.minutes_new += client.minutes;
    if (pays) ++health.new_clients;
    if (pays) health.new_revenue += client.revenue;
    if (pays) gained_new += client.revenue;
  }
  if (client.persona == Persona::kDraining) health.draining.push_back(client.id);
}

}  // namespace

BookHealth HealthOf(std::span<const HealthClient> clients) {
  BookHealth health;
  Money gained_new;
  for (const HealthClient& client : clients) Count(client, health, gained_new);
  health.retention = Part(static_cast<double>(health.kept), static_cast<double>(health.before));
  if (const auto ratio = Part(Number(health.base_revenue), Number(health.previous))) health.base_growth = *ratio - 1;
  health.growth_from_present = Part(Number(health.gained_present), Number(health.gained_present + gained_new));
  if (health.retention) {
    const double money_kept = 1 - Number(health.gone_revenue) / Number(health.previous);
    for (int years = 1; years <= kForecastYears; ++years) {
      health.erosion.push_back({years, static_cast<double>(health.paying) * std::pow(*health.retention, years),
                                ScaleHalfUp(health.revenue, std::pow(money_kept, years))});
    }
  }
  health.by_revenue = Bands(clients, kRevenueBands, [](const HealthClient& client) {
    return std::optional(Number(std::max(client.revenue, client.previous)));
  });
  health.by_employees = Bands(clients, kEmployeeBands, [](const HealthClient& client) {
    return client.employees ? std::optional(static_cast<double>(*client.employees)) : std::nullopt;
  });
  health.best = ProfileOf(clients, [](const HealthClient& client) { return client.persona == Persona::kBest; });
  health.everybody = ProfileOf(clients, [](const HealthClient& client) { return client.revenue > Money{}; });
  health.big_names = BigNames(clients);
  return health;
}

std::optional<double> BaseCoverage(Money booked, Money trailing, int days_left, Money target) {
  if (target <= Money{}) return std::nullopt;
  return (Number(booked) + Number(trailing) * days_left / kDaysOfYear) / Number(target);
}

}  // namespace mainstay::segmentation
