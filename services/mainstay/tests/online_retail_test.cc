#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "mainstay/testing/seed.h"
#include "mainstay/zoneinfo/zoneinfo.h"
#include "prepared_file.h"

namespace mainstay::import {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr const char* kTitles = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

class OnlineRetailTest : public ::testing::Test {
 protected:
  OnlineRetailTest() { file_.options.zone = zoneinfo::LoadZone("Europe/London").value(); }
  PreparedImport Read(const std::string& rows) { return file_.Read(ReadOnlineRetail, kTitles + rows); }
  PreparedFile file_;
};

TEST_F(OnlineRetailTest, LinesOfAnInvoiceAreOneOrderAtItsEarliestLine) {
  const PreparedImport prepared = Read(
      "1,A,\"LAMP, RED\",6,2011-07-01 08:27:00,2.55,17850.0,United Kingdom\n"
      "1,B,CUP,2,2011-07-01 08:26:00,0.125,17850.0,United Kingdom\n"
      "2,A,LAMP,1,2011-12-01 10:00:00,1,13047,France\n");
  ASSERT_THAT(prepared.events, SizeIs(2));
  EXPECT_EQ(prepared.events[0].rows, 2U);
  const std::vector<InEvent> events = Decoded(prepared);
  EXPECT_EQ(FormatInstant(events[0].time), "2011-07-01T07:26:00Z") << "London is an hour ahead in summer";
  EXPECT_EQ(FormatInstant(events[1].time), "2011-12-01T10:00:00Z");
  EXPECT_EQ(events[0].client->raw(), "17850");
  const auto& order = std::get<OrderPlaced>(events[0].data);
  EXPECT_EQ(order.order.raw(), "1");
  EXPECT_EQ(order.currency.raw(), "GBP");
  ASSERT_THAT(order.lines, SizeIs(2));
  EXPECT_EQ(order.lines[0].amount.units(), 153'000);
  EXPECT_EQ(order.lines[1].amount.units(), 2'500);
}

TEST_F(OnlineRetailTest, InvoicesThatBeginWithCAreRefunds) {
  const PreparedImport prepared = Read(
      "C7,A,LAMP,-6,2011-01-01 08:00:00,2.50,1.0,UK\n"
      "C7,D,Discount,-1,2011-01-01 08:00:00,1.25,1.0,UK\n");
  ASSERT_THAT(prepared.events, SizeIs(1));
  EXPECT_EQ(prepared.events[0].rows, 2U);
  const std::vector<InEvent> events = Decoded(prepared);
  const auto& refund = std::get<OrderRefunded>(events[0].data);
  EXPECT_EQ(refund.refund.raw(), "C7");
  EXPECT_EQ(refund.order, std::nullopt);
  EXPECT_EQ(refund.amount.units(), 162'500);
}

TEST_F(OnlineRetailTest, LinesWithoutAClientAreSkippedNotRejected) {
  const PreparedImport prepared = Read(
      "1,A,LAMP,6,2011-01-01 08:00:00,2.55,,UK\n"
      "1,B,CUP,nonsense,never,?,,UK\n"
      "2,A,LAMP,1,2011-01-01 08:00:00,1,5.0,UK\n");
  EXPECT_EQ(prepared.rows, 3U);
  EXPECT_EQ(prepared.skipped_no_client, 2U);
  EXPECT_EQ(prepared.rejected, 0U);
  EXPECT_THAT(prepared.events, SizeIs(1));
}

TEST_F(OnlineRetailTest, BadRowsAreNamedAndTheInvoiceKeepsItsGoodRows) {
  const PreparedImport prepared = Read(
      "1,A,LAMP,6,2011-01-01 08:00:00,2.55,5.0,UK\n"
      "1,B,LAMP,six,2011-01-01 08:00:00,2.55,5.0,UK\n"
      "1,B,LAMP,6,01/02/2011,2.55,5.0,UK\n"
      "1,B,LAMP,6,2011-01-01 08:00:00,cheap,5.0,UK\n"
      "1,B,LAMP,6\n"
      "1,,LAMP,6,2011-01-01 08:00:00,2.55,5.0,UK\n");
  EXPECT_THAT(Refusals(prepared), ElementsAre(StartsWith("3:10 Quantity: "), StartsWith("4:12 InvoiceDate: "),
                                              StartsWith("5:32 UnitPrice: "), StartsWith("6:1 the row has 4 "),
                                              StartsWith("7:3 StockCode: ")));
  ASSERT_THAT(prepared.events, SizeIs(1));
  EXPECT_EQ(prepared.events[0].rows, 1U);
}

TEST_F(OnlineRetailTest, OtherColumnsAreRefused) {
  (void)file_.Read(ReadOnlineRetail, "client,time,amount\n");
  EXPECT_THAT(file_.failure, HasSubstr("line 1: the columns are not those of Online Retail"));
}

TEST_F(OnlineRetailTest, ShuffledRowsGiveTheSameEvents) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  std::mt19937_64 random{seed};
  std::vector<std::string> rows;
  for (int i = 0; i < 200; ++i) {
    const auto invoice = random() % 30;
    const bool refund = invoice % 7 == 0;
    rows.push_back((refund ? "C" : "") + std::to_string(invoice) + ",P" + std::to_string(random() % 3) + ",X," +
                   (refund ? "-" : "") + std::to_string(1 + random() % 3) + ",2011-01-01 08:0" +
                   std::to_string(random() % 5) + ":00,1.5," + (invoice % 11 == 0 ? "" : std::to_string(invoice % 4)) +
                   ",UK\n");
  }
  const PreparedImport first = Read(std::accumulate(rows.begin(), rows.end(), std::string()));
  for (int round = 0; round < 10; ++round) {
    std::shuffle(rows.begin(), rows.end(), random);
    ASSERT_EQ(Published(Read(std::accumulate(rows.begin(), rows.end(), std::string()))), Published(first));
  }
  EXPECT_GT(first.skipped_no_client, 0U);
  EXPECT_GT(first.events.size(), 10U);
}

}  // namespace
}  // namespace mainstay::import
