#include <cstdio>
#include <utility>

#include "practice.h"
#include "story.h"

namespace mainstay::demo {

Instant Pen::Hour(Day day) {
  return Instant{day} + std::chrono::hours{9} + std::chrono::minutes{static_cast<int>(Below(8 * 60))};
}

EventId Pen::Write(const char* source, Instant at, const std::optional<ClientId>& client, InEventData data) {
  char id[16];
  (void)std::snprintf(id, sizeof id, "s%05zu", events_.size() + 1);
  events_.push_back({EventId{id}, source, at, BookId{kPracticeBook}, client, std::move(data)});
  return events_.back().id;
}

void Pen::Write(const char* source, Day day, const Story& story, InEventData data) {
  const Instant at = Hour(day);
  if (IsClient(story, day)) Write(source, at, story.id, std::move(data));
}

Day Pen::SomeDay(Day from, Day to) {
  return from + std::chrono::days{static_cast<int>(Below(static_cast<std::size_t>((to - from).count()) + 1))};
}

std::string Pen::Natural(const char* kind) {
  char id[32];
  (void)std::snprintf(id, sizeof id, "%s-%04d", kind, ++naturals_);
  return id;
}

Money Pence(std::int64_t pence) { return Money::FromUnits(pence * 100); }
MoneyAmount Pounds(std::int64_t pounds) { return {Pence(pounds * 100), BookCurrency()}; }

const Currency& BookCurrency() {
  static const Currency currency{"GBP"};
  return currency;
}

const std::vector<ProductId>& Catalogue() {
  static const std::vector<ProductId> products = [] {
    std::vector<ProductId> all;
    for (const char* id : {"archive", "backup", "cabling", "cloud-desk", "firewall", "helpdesk", "laptops", "mail",
                           "monitoring", "phones", "printers", "training"}) {
      all.emplace_back(id);
    }
    return all;
  }();
  return products;
}

bool IsClient(const Story& story, Day day) {
  const auto ended = [&](const std::optional<Day>& end) { return end && day >= *end; };
  if (day < story.first_order - std::chrono::days{1} || day > kLastDay) return false;
  return !ended(story.lost_on) && !ended(story.erased_on);
}

}  // namespace mainstay::demo
