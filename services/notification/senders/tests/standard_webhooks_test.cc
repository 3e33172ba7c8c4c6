#include "mainstay/webhook_sender/standard_webhooks.h"

#include <gtest/gtest.h>

#include <array>

namespace mainstay::webhook_sender {
namespace {

constexpr std::string_view kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr std::string_view kId = "msg_p5jXN8AQM9LWM0D4loKWxJek";
constexpr std::string_view kBody = R"({"test": 2432232314})";

TEST(StandardWebhooks, SignsTheReferenceVector) {
  const auto secret = Secret::Parse(kSecret);
  ASSERT_TRUE(secret);
  EXPECT_EQ(Sign(*secret, kId, 1614265330, kBody), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  EXPECT_NE(Sign(*secret, kId, 1614265331, kBody), Sign(*secret, kId, 1614265330, kBody));
}

TEST(StandardWebhooks, OneSignaturePerSecretWhileRotating) {
  const std::array secrets = {*Secret::Parse(kSecret), *Secret::FromBytes(std::string(32, 'n'))};
  const std::string header = SignatureHeader(secrets, kId, 1614265330, kBody);
  EXPECT_EQ(header, Sign(secrets[0], kId, 1614265330, kBody) + " " + Sign(secrets[1], kId, 1614265330, kBody));
}

TEST(Secret, HasOneTextFormAnd24To64Bytes) {
  EXPECT_EQ(Secret::Parse(kSecret)->Text(), kSecret);
  for (std::size_t size = 0; size < 100; ++size) {
    const auto secret = Secret::FromBytes(std::string(size, '\xfe'));
    ASSERT_EQ(secret.has_value(), size >= 24 && size <= 64) << size;
    ASSERT_TRUE(!secret || Secret::Parse(secret->Text()).value() == *secret);
  }
}

TEST(Secret, NonsenseIsRefusedAndNeverRepeated) {
  for (const std::string text :
       {"", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
        "whsec_ MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS-", "whsec_c2hvcnQ=",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMQ==MQ==", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMR=="}) {
    const auto secret = Secret::Parse(text);
    ASSERT_FALSE(secret) << text;
    EXPECT_EQ(secret.error().field, "secret");
    EXPECT_EQ(secret.error().message.find("MfKQ"), std::string::npos);
  }
  EXPECT_FALSE(Secret::Parse("whsec_" + std::string(100'000, 'A')));
}

}  // namespace
}  // namespace mainstay::webhook_sender
