#include "mainstay/rpc/json.h"

#include <gtest/gtest.h>

#include "mainstay/query/v1/cadence.pb.h"
#include "mainstay/query/v1/segmentation.pb.h"

namespace mainstay::rpc {
namespace {

TEST(ToJson, UnsetOptionalFieldsArePresentAndNull) {
  const auto json = ToJson(query::v1::ClientSummary{});
  EXPECT_TRUE(json.at("name").is_null());
  EXPECT_TRUE(json.at("revenue").is_null());
  EXPECT_EQ(json.at("tier"), "");
}

TEST(ToJson, EmptyListsAreLists) { EXPECT_TRUE(ToJson(query::v1::CallRow{}).at("reasons").is_array()); }

TEST(ToJson, LargeNumbersStayNumbersAndDoublesRoundTrip) {
  query::v1::ParetoRow row;
  row.set_rank(9'007'199'254'740'993);
  row.set_share(0.1);
  EXPECT_EQ(ToJson(row).at("rank").dump(), "9007199254740993");
  EXPECT_EQ(ToJson(row).at("share").dump(), "0.1");
}

TEST(ToJson, MapsAreObjects) {
  query::v1::Position position;
  (*position.mutable_topics())["t"] = 3;
  EXPECT_EQ(ToJson(position).at("topics").at("t"), 3);
}

}  // namespace
}  // namespace mainstay::rpc
