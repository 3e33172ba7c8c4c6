#include "call_routing.h"

#include <gtest/gtest.h>

#include "mainstay/query/v1/cadence.grpc.pb.h"
#include "mainstay/query/v1/event.grpc.pb.h"

namespace mainstay::app {
namespace {

TEST(CallRouting, AMethodNamesItsServiceOrNone) {
  EXPECT_EQ(ServiceOfMethod("/mainstay.query.v1.CadenceService/ListRisks"), "cadence");
  EXPECT_EQ(ServiceOfMethod("/mainstay.query.v1.EventService/Publish"), "");
  EXPECT_EQ(ServiceOfMethod("/grpc.health.v1.Health/Check"), "");
}

TEST(CallRouting, TheBookIsReadFromTheRequestsBytes) {
  query::v1::ListRisksRequest request;
  request.mutable_query()->set_book("north");
  const std::string method = "/mainstay.query.v1.CadenceService/ListRisks";
  EXPECT_EQ(BookOfRequest(method, request.SerializeAsString()), "north");
  EXPECT_EQ(BookOfRequest(method, ""), "");
  EXPECT_EQ(BookOfRequest(method, "\xff\xff\xff"), "");
  EXPECT_EQ(BookOfRequest("/no.such.Service/Method", "x"), "");
  EXPECT_EQ(BookOfRequest("", ""), "");
}

TEST(CallRouting, ATokenIsReadAsItWasWrittenAndTheLargerPositionWins) {
  const Token token = {{"a.b", 3, 17}, {"a.b", 3, 12}, {"c", 0, 1}};
  EXPECT_EQ(FormatToken(token), "a.b/3/17,c/0/1");
  const auto read = ParseToken("a.b/3/17,c/0/1");
  ASSERT_TRUE(read);
  EXPECT_EQ(FormatToken(*read), "a.b/3/17,c/0/1");
  EXPECT_TRUE(ParseToken("")->empty());
}

TEST(CallRouting, ADamagedTokenIsRefused) {
  for (const char* damaged : {"x", "x/1", "/1/2", "x//2", "x/1/", "x/-1/2", "x/1/2z", "x/1/2,y"}) {
    SCOPED_TRACE(damaged);
    const auto read = ParseToken(damaged);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().field, kAtLeastKey);
  }
}

}  // namespace
}  // namespace mainstay::app
