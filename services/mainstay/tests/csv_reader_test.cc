#include "import/csv_reader.h"

#include <gtest/gtest.h>

#include <fstream>

#include "mainstay/testing/temporary_directory.h"

namespace mainstay::import {
namespace {

class CsvReaderTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& content) {
    const auto path = directory_.path() / "file.csv";
    std::ofstream(path, std::ios::binary) << content;
    return path.string();
  }
  // All rows as text, or the error's message as the only field of a last row.
  std::vector<std::vector<std::string>> ReadAll(const std::string& path) {
    std::vector<std::vector<std::string>> rows;
    const auto reader = CsvReader::Open(path).value();
    std::vector<CsvField> fields;
    for (;;) {
      const Result<bool> more = reader->Next(fields);
      if (!more) {
        rows.push_back({more.error().message});
        return rows;
      }
      if (!*more) return rows;
      rows.emplace_back();
      for (const CsvField& field : fields) rows.back().emplace_back(field.text);
    }
  }
  testing::TemporaryDirectory directory_;
};

using Rows = std::vector<std::vector<std::string>>;

TEST_F(CsvReaderTest, QuotesCommasAndLineBreaksInsideQuotes) {
  EXPECT_EQ(ReadAll(Write("a,\"b,c\",\"d\"\"e\"\r\n\"x\ny\",,z")), (Rows{{"a", "b,c", "d\"e"}, {"x\ny", "", "z"}}));
}

TEST_F(CsvReaderTest, EmptyLinesAndByteOrderMarkAreSkipped) {
  EXPECT_EQ(ReadAll(Write("\xef\xbb\xbf"
                          "a\n\n\nb\n")),
            (Rows{{"a"}, {"b"}}));
}

TEST_F(CsvReaderTest, LineAndColumnPointAtTheSource) {
  const auto reader = CsvReader::Open(Write("h1,h2\n\"x\ny\",2\nlast,3\n")).value();
  std::vector<CsvField> fields;
  ASSERT_TRUE(reader->Next(fields).value());
  EXPECT_EQ(fields[1].column, 4U);
  ASSERT_TRUE(reader->Next(fields).value());
  EXPECT_EQ(reader->line(), 2U);
  ASSERT_TRUE(reader->Next(fields).value());
  EXPECT_EQ(reader->line(), 4U);
}

TEST_F(CsvReaderTest, BinaryFileUnclosedQuoteDirectoryAndMissingFileAreRefusedByName) {
  EXPECT_NE(ReadAll(Write(std::string("a\0b", 3))).back()[0].find("not a text file"), std::string::npos);
  EXPECT_NE(ReadAll(Write("a\n\"b\nc\n")).back()[0].find("line 2"), std::string::npos);
  EXPECT_EQ(CsvReader::Open(directory_.path().string()).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(CsvReader::Open("no-such-file.csv").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace mainstay::import
