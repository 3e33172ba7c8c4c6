#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <set>

#include "mainstay/testing/seed.h"
#include "mainstay/zoneinfo/zoneinfo.h"
#include "prepared_file.h"

namespace mainstay::import {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSubsetOf;
using ::testing::SizeIs;
using ::testing::StartsWith;

class TransactionsTest : public ::testing::Test {
 protected:
  PreparedImport Read(const std::string& content) { return file_.Read(ReadTransactions, content); }
  // The times of all events of rows that differ in their time only.
  std::vector<std::string> Times(const std::vector<std::string>& texts) {
    std::string content = "client,time,amount\n";
    for (const std::string& text : texts) content += "c," + text + ",1\n";
    std::vector<std::string> times;
    const PreparedImport prepared = Read(content);
    for (const InEvent& event : Decoded(prepared)) times.push_back(FormatInstant(event.time));
    return times;
  }
  PreparedFile file_;
};

TEST_F(TransactionsTest, RowsOfOneOrderAreOneOrderOthersAreOrdersOfTheirOwn) {
  const PreparedImport prepared = Read(
      "client,time,amount,order,product,quantity,department,location,margin\n"
      "c,2024-01-02,10.50,o1,p1,2,it,leeds,3.25\n"
      "c,2024-01-01,4,o1,p2,,,,\n"
      "d,2024-01-03,7,,,,,,\n");
  EXPECT_EQ(prepared.rows, 3U);
  ASSERT_THAT(prepared.events, SizeIs(2));
  EXPECT_EQ(prepared.events[0].rows, 2U);
  const std::vector<InEvent> events = Decoded(prepared);
  EXPECT_EQ(FormatInstant(events[0].time), "2024-01-01T00:00:00Z") << "an order's time is its earliest row's";
  const auto& order = std::get<OrderPlaced>(events[0].data);
  EXPECT_EQ(order.order.raw(), "o1");
  EXPECT_EQ(order.currency.raw(), "EUR");
  ASSERT_THAT(order.lines, SizeIs(2));
  EXPECT_EQ(order.lines[1].amount.units(), 105'000);
  EXPECT_EQ(order.lines[1].quantity, 2);
  EXPECT_EQ(order.lines[1].department->raw(), "it");
  EXPECT_EQ(order.lines[1].location->raw(), "leeds");
  EXPECT_EQ(order.lines[1].margin->units(), 32'500);
  EXPECT_EQ(std::get<OrderPlaced>(events[1].data).order.raw(), events[1].id.raw());
}

TEST_F(TransactionsTest, MapRenamesAndRefusesNamesThatAreNotThere) {
  file_.options.columns = {{"client", "CustomerID"}, {"time", "Date"}, {"amount", "Total"}};
  const PreparedImport prepared = Read("Date,amount,Total,CustomerID\n2024-01-01,999,5,acme\n");
  ASSERT_THAT(prepared.events, SizeIs(1));
  EXPECT_EQ(prepared.events[0].envelope.client, "acme");
  EXPECT_EQ(std::get<OrderPlaced>(Decoded(prepared)[0].data).lines[0].amount.units(), 50'000);

  (void)Read("Date,Total,Client\n");
  EXPECT_THAT(file_.failure, AllOf(HasSubstr("line 1"), HasSubstr("'CustomerID'"), HasSubstr("--map client=Column")));
  file_.options.columns = {{"clint", "CustomerID"}};
  (void)Read("client,time,amount\n");
  EXPECT_THAT(file_.failure, HasSubstr("'clint'"));
}

TEST_F(TransactionsTest, IsoTimesAreReadInTheirZoneOrTheGivenOne) {
  file_.options.zone = zoneinfo::LoadZone("Europe/London").value();
  EXPECT_THAT(Times({"2024-07-01", "2024-07-01 08:26", "2024-07-01T08:26:30", "2024-07-02T08:26:30Z",
                     "2024-07-03T08:26:30+02:00"}),
              ElementsAre("2024-06-30T23:00:00Z", "2024-07-01T07:26:00Z", "2024-07-01T07:26:30Z",
                          "2024-07-02T08:26:30Z", "2024-07-03T06:26:30Z"));
}

TEST_F(TransactionsTest, ATimeFormatReadsOnlyThatForm) {
  file_.options.time_format = "%d/%m/%Y %H:%M";
  EXPECT_THAT(Times({"02/01/2024 10:15"}), ElementsAre("2024-01-02T10:15:00Z"));
  const PreparedImport refused = Read("client,time,amount\nc,2024-01-02,1\nc,02/01/2024 10:15 pm,1\n");
  EXPECT_THAT(Refusals(refused),
              ElementsAre(AllOf(StartsWith("2:3 time: "), HasSubstr("%d/%m/%Y %H:%M")), StartsWith("3:3 time: ")));
}

TEST_F(TransactionsTest, AmbiguousAndImpossibleTimesAreRefused) {
  for (const char* text : {"01/02/2024", "2024-02-30", "2024-13-01", "2024-01-01 25:00", "2024-1-1", "tomorrow"}) {
    const PreparedImport prepared = Read(std::string("client,time,amount\nc,") + text + ",1\n");
    EXPECT_THAT(Refusals(prepared), ElementsAre(StartsWith("2:3 time: "))) << text;
    EXPECT_THAT(prepared.events, SizeIs(0)) << text;
  }
}

TEST_F(TransactionsTest, ANegativeAmountIsARefundOfTheOrderItNames) {
  const PreparedImport prepared = Read("client,time,amount,order\nc,2024-01-01,-5,o1\nc,2024-01-02,-6,\n");
  const std::vector<InEvent> events = Decoded(prepared);
  ASSERT_THAT(events, SizeIs(2));
  const auto& known = std::get<OrderRefunded>(events[0].data);
  EXPECT_EQ(known.order, OrderId{"o1"});
  EXPECT_EQ(known.amount.units(), 50'000);
  EXPECT_EQ(std::get<OrderRefunded>(events[1].data).order, std::nullopt);
}

TEST_F(TransactionsTest, IdenticalRowsAreAllKeptAndRecognisedAgain) {
  const std::string twice = "client,time,amount\nc,2024-01-01,5\nc,2024-01-01,5\n";
  const std::vector<std::string> ids = Ids(Read(twice));
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 2U);
  EXPECT_EQ(Ids(Read(twice)), ids);
  const std::vector<std::string> extended = Ids(Read(twice + "c,2024-01-01,5\nd,2024-01-01,5\n"));
  EXPECT_THAT(extended, SizeIs(4));
  EXPECT_THAT(ids, IsSubsetOf(extended)) << "an extended file adds only the new rows";
}

TEST_F(TransactionsTest, AnEventIdIsTakenAsItIs) {
  EXPECT_THAT(Ids(Read("client,time,amount,event_id\nc,2024-01-01,5,mine\nc,2024-01-01,5,\n")),
              ::testing::Contains("mine"));
}

TEST_F(TransactionsTest, AnOrderOfSeveralClientsOrCurrenciesIsRefusedWholeInEveryOrderOfItsRows) {
  std::vector<std::string> rows = {"c,2024-01-01,1,o1,EUR\n", "d,2024-01-02,2,o1,EUR\n", "c,2024-01-03,3,o1,USD\n"};
  do {
    const PreparedImport prepared = Read("client,time,amount,order,currency\n" + rows[0] + rows[1] + rows[2]);
    EXPECT_EQ(prepared.rejected, 3U);
    EXPECT_THAT(Refusals(prepared), Each(HasSubstr("the rows of order o1 name several clients or currencies")));
    EXPECT_THAT(Decoded(prepared), SizeIs(0));
  } while (std::next_permutation(rows.begin(), rows.end()));
}

TEST_F(TransactionsTest, EachBadRowIsNamedByLineAndColumnAndTheOthersStay) {
  file_.options.currency.clear();
  const PreparedImport prepared = Read(
      "client,time,amount,currency,quantity,margin\n"
      ",2024-01-01,1,EUR,,\n"
      "c,2024-01-01,one,EUR,,\n"
      "c,2024-01-01,1,,,\n"
      "c,2024-01-01,1,EUR,2.5,\n"
      "c,2024-01-01,1,EUR,,much\n"
      "c,2024-01-01,1,EUR\n"
      "c,2024-01-01,1,euros,,\n"
      "c,2024-01-01,99999999999999999999,EUR,,\n"
      "c,2024-01-01,1,EUR,2,0.5\n");
  EXPECT_THAT(Refusals(prepared),
              ElementsAre(StartsWith("2:1 client: "), StartsWith("3:14 amount: "), StartsWith("4:14 amount: money "),
                          StartsWith("5:20 quantity: "), StartsWith("6:21 margin: "), StartsWith("7:1 the row has 4 "),
                          AllOf(StartsWith("8:"), HasSubstr("currency")), StartsWith("9:14 amount: ")));
  EXPECT_EQ(prepared.rejected, 8U);
  EXPECT_EQ(prepared.rows, 9U);
  EXPECT_THAT(prepared.events, SizeIs(1));
}

// Goal: the order of a file's rows never changes what is published. The last lines prove that rows which could
// depend on it (one order, equal rows, equal times, conflicts) were there.
TEST_F(TransactionsTest, ShuffledRowsGiveTheSameEvents) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  std::mt19937_64 random{seed};
  const auto pick = [&](int n) { return std::to_string(random() % static_cast<unsigned>(n)); };
  std::vector<std::string> rows;
  for (int i = 0; i < 300; ++i) {
    const std::string order = random() % 2 == 0 ? "o" + pick(40) : "";
    const std::string sign = random() % 5 == 0 ? "-" : "";
    rows.push_back("c" + pick(3) + ",2024-01-0" + std::to_string(1 + random() % 3) + "," + sign + "1" + pick(4) + "," +
                   order + ",p" + pick(2) + "\n");
  }
  // Drawn orders of one client only are rare: one is there in every draw.
  for (const char* product : {"p0", "p1"}) rows.push_back(std::string("c0,2024-01-01,10,whole,") + product + "\n");
  const std::string title = "client,time,amount,order,product\n";
  const auto joined = [&] { return std::accumulate(rows.begin(), rows.end(), title); };
  const PreparedImport first = Read(joined());
  for (int round = 0; round < 10; ++round) {
    std::shuffle(rows.begin(), rows.end(), random);
    const PreparedImport again = Read(joined());
    ASSERT_EQ(Published(again), Published(first));
    ASSERT_EQ(again.rejected, first.rejected);
  }
  EXPECT_GT(first.rejected, 0U);
  EXPECT_LT(first.events.size() + first.rejected, first.rows);
  EXPECT_LT(std::set<std::string>(rows.begin(), rows.end()).size(), rows.size());
}

}  // namespace
}  // namespace mainstay::import
