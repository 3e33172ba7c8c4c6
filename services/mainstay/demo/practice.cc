#include "practice.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "mainstay/wire/cloud_event.h"
#include "mainstay/wire/in_event.h"
#include "story.h"

namespace mainstay::demo {
namespace {

using std::chrono::days;

constexpr std::array<const char*, 20> kFirstNames = {
    "Alder",   "Birch", "Cedar",  "Dover",  "Elm",    "Fenwick", "Garnet", "Harrow", "Irwell", "Juno",
    "Keswick", "Larch", "Marlow", "Norton", "Oakley", "Penrose", "Quill",  "Rowan",  "Severn", "Tamar"};
constexpr std::array<const char*, 10> kTrades = {"Bakery", "Clinic", "Dairy",     "Foundry",  "Garage",
                                                 "Hotels", "Legal",  "Logistics", "Printing", "School"};

// "Alder Bakery" -> "alder-bakery"
std::string Slug(std::string name) {
  for (char& c : name) c = c == ' ' ? '-' : (c >= 'A' && c <= 'Z') ? static_cast<char>(c - 'A' + 'a') : c;
  return name;
}

template <class T>
void Shuffle(Pen& pen, std::vector<T>& items) {
  for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[pen.Below(i)]);
}

Rhythm SomeRhythm(Pen& pen) {
  const std::size_t dice = pen.Below(100);
  return dice < 50 ? Rhythm::kMonthly : dice < 82 ? Rhythm::kQuarterly : Rhythm::kAnnual;
}

void ChooseStructure(Pen& pen, Story& story) {
  story.products = Catalogue();
  Shuffle(pen, story.products);
  story.products.resize(1 + pen.Below(story.size_rank < 60 ? 6 : 3));
  story.departments = {
      {DepartmentId{"office"}, "Office"}, {DepartmentId{"it"}, "IT"}, {DepartmentId{"sales"}, "Sales"}};
  story.departments.resize(1 + pen.Below(story.size_rank < 60 ? 3 : 2));
  story.locations = {{LocationId{"leeds"}, "Leeds"}, {LocationId{"york"}, "York"}};
  story.locations.resize(1 + pen.Below(2));
}

// Who stops buying, and who says goodbye.
void ChooseEnd(Pen& pen, Story& story) {
  const Day from = kFirstDay + days{300};
  if (story.number % 9 == 4) story.silent_from = pen.SomeDay(from, kLastDay - days{60});
  if (story.number % 25 == 11) {
    story.lost_on = pen.SomeDay(from, kLastDay - days{20});
    story.silent_from = *story.lost_on - days{40};
  }
  if (story.number == 185) story.erased_on = kLastDay - days{30};
}

Story MakeStory(Pen& pen, int number, int size_rank) {
  static const std::array<const char*, 3> kOwners = {"ann", "ben", "cleo"};
  static const std::array<const char*, 2> kSupport = {"sue", "tom"};
  Story story;
  story.number = number;
  story.size_rank = size_rank;
  const auto at = static_cast<std::size_t>(number);
  story.name = std::string(kFirstNames[at / kTrades.size()]) + " " + kTrades[at % kTrades.size()];
  story.id = ClientId{Slug(story.name)};
  story.contact = ContactId{story.id.raw() + "-1"};
  story.owner = RepId{kOwners[at % kOwners.size()]};
  story.support = RepId{kSupport[at % kSupport.size()]};
  story.rhythm = SomeRhythm(pen);
  const bool new_client = number % 10 == 3;
  story.first_order =
      new_client ? pen.SomeDay(kFirstDay + days{330}, kFirstDay + days{480})
                 : pen.SomeDay(kFirstDay + days{2}, kFirstDay + days{story.rhythm == Rhythm::kAnnual ? 170 : 60});
  const std::int64_t yearly_pounds =
      15'000'000 / ((size_rank + 10) * (size_rank + 10)) + static_cast<std::int64_t>(pen.Below(300));
  const std::int64_t orders = story.rhythm == Rhythm::kMonthly ? 12 : story.rhythm == Rhythm::kQuarterly ? 4 : 1;
  story.order_pence = yearly_pounds * 100 / orders;
  ChooseStructure(pen, story);
  ChooseEnd(pen, story);
  return story;
}

}  // namespace

std::vector<InEvent> MakePractice(Random& random) {
  Pen pen(random);
  TellBook(pen);
  std::vector<int> ranks(kClients);
  for (int i = 0; i < kClients; ++i) ranks[static_cast<std::size_t>(i)] = i;
  Shuffle(pen, ranks);
  for (int number = 0; number < kClients; ++number) {
    const Story story = MakeStory(pen, number, ranks[static_cast<std::size_t>(number)]);
    TellIdentity(pen, story);
    TellOrders(pen, story);
    TellTouches(pen, story);
    TellTrouble(pen, story);
    TellRelation(pen, story);
    TellSuccess(pen, story);
  }
  std::vector<InEvent> events = pen.TakeEvents();
  std::sort(events.begin(), events.end(),
            [](const InEvent& a, const InEvent& b) { return std::tie(a.time, a.id) < std::tie(b.time, b.id); });
  return events;
}

Result<std::string> ToJsonLines(const std::vector<InEvent>& events) {
  std::string lines;
  for (const InEvent& event : events) {
    MAINSTAY_TRY_ASSIGN(line, wire::FormatCloudEvent(wire::ToEnvelope(event)));
    lines += line;
    lines += '\n';
  }
  return lines;
}

}  // namespace mainstay::demo
