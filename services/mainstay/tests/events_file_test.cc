#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "import/importer.h"
#include "prepared_file.h"

namespace mainstay::import {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

Result<void> ReadEventLines(const std::string& path, std::uint32_t file, const ReadOptions&, PreparedImport& prepared) {
  return ReadEvents(path, file, prepared);
}

std::string Line(const std::string& id, const std::string& time, const std::string& data) {
  return R"({"specversion":"1.0","id":")" + id +
         R"(","source":"crm","type":"mainstay.client.CompetitorCalled.v1","time":")" + time +
         R"(","partitionkey":"north","subject":"acme","data":)" + data + "}\n";
}

class EventsFileTest : public ::testing::Test {
 protected:
  PreparedImport Read(const std::string& content) { return file_.Read(ReadEventLines, content); }
  // Where `part` begins in `line`, as "column".
  static std::string ColumnOf(const std::string& line, const std::string& part) {
    return std::to_string(line.find(part) + 1);
  }
  PreparedFile file_;
};

TEST_F(EventsFileTest, GoodLinesBecomeEventsInTheOrderOfTime) {
  const PreparedImport prepared = Read(Line("late", "2026-01-09T11:00:00Z", "{}") + "\n" +
                                       Line("early", "2026-01-08T11:00:00Z", R"({"competitor":"Zenith"})"));
  ASSERT_THAT(prepared.events, SizeIs(2));
  EXPECT_EQ(prepared.rows, 2U) << "an empty line is no row";
  EXPECT_EQ(prepared.events[0].envelope.id, "early");
  EXPECT_EQ(prepared.events[0].place.line, 3U) << "physical lines count";
  EXPECT_EQ(prepared.events[0].envelope.book, "north");
}

TEST_F(EventsFileTest, ErrorsNameThePhysicalLineAndTheColumnOfTheValue) {
  const std::string good = Line("e1", "2026-01-09T11:00:00Z", "{}");
  const std::string bad_time = Line("e2", "noon", "{}");
  const std::string bad_data = Line("e3", "2026-01-09T11:00:00Z", R"({"competitor":5})");
  const std::string no_json = "{\"specversion\":\"1.0\", oops}\n";
  std::string no_book = Line("e4", "2026-01-09T11:00:00Z", "{}");
  no_book.replace(no_book.find(R"("partitionkey":"north",)"), 23, "");
  std::string other_type = Line("e5", "2026-01-09T11:00:00Z", "{}");
  other_type.replace(other_type.find("CompetitorCalled"), 16, "Nonsense");
  const PreparedImport prepared = Read(good + "\n" + bad_time + bad_data + no_json + no_book + other_type + good);
  EXPECT_THAT(Refusals(prepared),
              ElementsAre(AllOf(StartsWith("3:" + ColumnOf(bad_time, "\"noon\"") + " "), HasSubstr("time")),
                          AllOf(StartsWith("4:" + ColumnOf(bad_data, "5}}") + " "), HasSubstr("data.competitor")),
                          StartsWith("5:23 "), AllOf(StartsWith("6:"), HasSubstr("partitionkey")),
                          AllOf(StartsWith("7:"), HasSubstr("Nonsense"))));
  EXPECT_EQ(prepared.rejected, 5U);
  EXPECT_THAT(prepared.events, SizeIs(2));
}

TEST_F(EventsFileTest, ADryRunCountsWhatWouldBePublished) {
  const ImportReport report = DryRunReport(Read(Line("e1", "2026-01-09T11:00:00Z", "{}") + "nonsense\n"));
  EXPECT_EQ(report.rows, 2U);
  EXPECT_EQ(report.accepted, 1U);
  EXPECT_EQ(report.rejected, 1U);
}

TEST_F(EventsFileTest, TheOrderOfLinesNeverMatters) {
  std::vector<std::string> lines;
  for (int i = 0; i < 50; ++i) {
    lines.push_back(Line("e" + std::to_string(i), "2026-01-0" + std::to_string(1 + i % 3) + "T11:00:00Z", "{}"));
  }
  const auto joined = [&] { return std::accumulate(lines.begin(), lines.end(), std::string()); };
  const std::vector<std::string> first = Published(Read(joined()));
  std::reverse(lines.begin(), lines.end());
  EXPECT_EQ(Published(Read(joined())), first);
}

TEST_F(EventsFileTest, TheFormatIsSeenFromTheFirstLine) {
  const testing::TemporaryDirectory directory;
  const auto detect = [&](const std::string& content) {
    const auto path = (directory.path() / "file").string();
    std::ofstream(path, std::ios::binary) << content;
    return DetectFormat(path);
  };
  EXPECT_EQ(detect(Line("e1", "2026-01-09T11:00:00Z", "{}")).value(), Format::kEvents);
  EXPECT_EQ(detect("InvoiceNo,StockCode,Description\n").value(), Format::kOnlineRetail);
  EXPECT_EQ(detect("client,time,amount\n").value(), Format::kTransactions);
  EXPECT_THAT(detect("hello\n").error().message, HasSubstr("--format"));
  EXPECT_THAT(detect("").error().message, HasSubstr("is empty"));
}

}  // namespace
}  // namespace mainstay::import
