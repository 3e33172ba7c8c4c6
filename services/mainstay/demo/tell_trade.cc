// The book, who the clients are, and what they buy.
#include <algorithm>
#include <array>

#include "story.h"

namespace mainstay::demo {
namespace {

using std::chrono::days;

constexpr const char* kShop = "shop";

struct Rep {
  const char* id;
  const char* name;
  BookRole role;
  int minutes;
};
constexpr std::array<Rep, 6> kReps = {{{"ann", "Ann Archer", BookRole::kSales, 150},
                                       {"ben", "Ben Brook", BookRole::kSales, 150},
                                       {"cleo", "Cleo Chase", BookRole::kSales, 90},
                                       {"sue", "Sue Sharp", BookRole::kSupport, 600},
                                       {"tom", "Tom Tate", BookRole::kSupport, 600},
                                       {"mia", "Mia Moor", BookRole::kManager, 60}}};

int DaysBetweenOrders(Pen& pen, Rhythm rhythm) {
  switch (rhythm) {
    case Rhythm::kMonthly: return 26 + static_cast<int>(pen.Below(10));
    case Rhythm::kQuarterly: return 80 + static_cast<int>(pen.Below(24));
    case Rhythm::kAnnual: return 357 + static_cast<int>(pen.Below(17));
  }
  return 365;
}

std::vector<OrderLine> MakeLines(Pen& pen, const Story& story) {
  const std::size_t count = 1 + pen.Below(std::min<std::size_t>(story.products.size(), 3));
  const std::size_t first = pen.Below(story.products.size());
  std::vector<OrderLine> lines;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t percent = 85 + static_cast<std::int64_t>(pen.Below(31));
    const std::int64_t pence = story.order_pence / static_cast<std::int64_t>(count) * percent / 100;
    OrderLine line;
    line.product = story.products[(first + i) % story.products.size()];
    line.quantity = 1 + static_cast<std::int64_t>(pen.Below(5));
    line.amount = Pence(pence);
    line.margin = Pence(pence * 35 / 100);
    line.department = story.departments[pen.Below(story.departments.size())].id;
    line.location = story.locations[pen.Below(story.locations.size())].id;
    lines.push_back(line);
  }
  return lines;
}

void TellRefund(Pen& pen, const Story& story, Day day, const OrderId& order, const std::vector<OrderLine>& lines) {
  const Money amount = Money::FromUnits(lines.front().amount.units() / 1'000'000 * 100'000);
  if (amount <= Money{}) return;
  pen.Write(kShop, day, story, OrderRefunded{RefundId{pen.Natural("refund")}, order, BookCurrency(), amount, {}});
}

}  // namespace

void TellBook(Pen& pen) {
  const Instant at = Instant{kFirstDay} + std::chrono::hours{8};
  CalendarSet calendar;
  calendar.time_zone = "Europe/London";
  for (const char* day : {"2024-08-26", "2024-12-25", "2024-12-26", "2025-01-01", "2025-04-18", "2025-04-21",
                          "2025-05-05", "2025-05-26", "2025-08-25", "2025-12-25", "2025-12-26"}) {
    calendar.holidays.push_back(ParseDay(day).value());
  }
  pen.Write(kCrm, at, std::nullopt, calendar);
  PolicySet policy;
  policy.tiers = TierPolicy{};
  policy.currency = BookCurrency();
  policy.credit_rate = 0.05;
  pen.Write(kCrm, at, std::nullopt, policy);
  pen.Write(kCrm, at, std::nullopt, TargetSet{2025, Pounds(1'600'000), 190});
  for (const Rep& rep : kReps) {
    RepSet set;
    set.rep = RepId{rep.id};
    set.name = rep.name;
    set.role = rep.role;
    set.minutes_per_week = rep.minutes;
    set.email = std::string(rep.id) + "@practice.example";
    set.quiet_hours = QuietHours{18 * 60, 8 * 60};
    pen.Write(kCrm, at, std::nullopt, set);
  }
  std::int64_t price = 90;
  for (const ProductId& product : Catalogue()) {
    pen.Write(kShop, at, std::nullopt, ProductCatalogued{product, product.raw(), Pounds(price += 35), {}});
  }
}

void TellIdentity(Pen& pen, const Story& story) {
  ClientRegistered registered;
  ClientAttributes& about = registered.attributes;
  about.name = story.name;
  about.industry = story.name.substr(story.name.find(' ') + 1);
  about.employees = 5 + static_cast<std::int64_t>(pen.Below(400));
  about.annual_revenue = Pounds(200'000 + 1'000 * static_cast<std::int64_t>(pen.Below(20'000)));
  about.time_zone = "Europe/London";
  about.owner = story.owner;
  about.support_reps = {story.support};
  about.departments = story.departments;
  about.locations = story.locations;
  // Most were clients long before this book begins.
  if (story.number % 10 != 3) about.since = Day{std::chrono::year{2016 + story.number % 8} / 3 / 1};
  const Day day = story.first_order - days{1};
  pen.Write(kCrm, day, story, registered);
  const std::string mail = "@" + story.id.raw() + ".example";
  pen.Write(kCrm, day + days{1}, story,
            ContactAdded{story.contact, "Robin Lane", "robin" + mail, ContactRole::kDecisionMaker, std::nullopt,
                         story.locations.front().id});
  const ContactId second{story.id.raw() + "-2"};
  if (story.number % 3 == 0) {
    pen.Write(kCrm, day + days{1}, story,
              ContactAdded{second, "Kim Frost", "kim" + mail, ContactRole::kTechnical, story.departments.front().id,
                           std::nullopt});
  }
  if (story.number % 30 == 0) pen.Write(kCrm, kFirstDay + days{420}, story, ContactRemoved{second});
  if (story.number % 45 == 7) pen.Write(kCrm, kFirstDay + days{400}, story, OwnerChanged{RepId{"ann"}});
  if (story.number % 28 == 5) {
    ClientUpdated updated;
    updated.changes.employees = 50 + static_cast<std::int64_t>(pen.Below(500));
    pen.Write(kCrm, kFirstDay + days{380}, story, updated);
  }
}

void TellOrders(Pen& pen, const Story& story) {
  const Day end = std::min(story.silent_from.value_or(kLastDay), kLastDay);
  for (Day day = story.first_order; day <= end; day += days{DaysBetweenOrders(pen, story.rhythm)}) {
    const OrderId order{pen.Natural("order")};
    std::vector<OrderLine> lines = MakeLines(pen, story);
    pen.Write(kShop, day, story, OrderPlaced{order, BookCurrency(), lines, story.contact, std::nullopt});
    if (pen.OneIn(40)) TellRefund(pen, story, day + days{6}, order, lines);
    if (pen.OneIn(90)) {
      lines.front().quantity = 1;
      pen.Write(kShop, day + days{1}, story, OrderCorrected{order, BookCurrency(), lines});
    }
  }
}

}  // namespace mainstay::demo
