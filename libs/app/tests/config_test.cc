#include <gtest/gtest.h>

#include "mainstay/app/config_file.h"
#include "mainstay/app/process_settings.h"
#include "mainstay/config/v1/notification.pb.h"

namespace mainstay::app {
namespace {

config::v1::NotificationConfig Defaults() {
  config::v1::NotificationConfig config;
  FillDefaults("notification", *config.mutable_process());
  return config;
}

TEST(Config, DefaultsAreValidAndEveryProcessHasItsOwnPorts) {
  const auto config = Defaults();
  const auto settings = CheckSettings(config.process());
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->listen, "127.0.0.1:7403");
  EXPECT_EQ(settings->metrics_listen, "127.0.0.1:9403");
  EXPECT_EQ(settings->partitions, 24);
  EXPECT_EQ(settings->memory_bytes, 512U << 20);
  EXPECT_EQ(settings->processed_by.size(), 3U);
}

TEST(Config, WhatIsPrintedIsReadAgain) {
  const auto config = Defaults();
  config::v1::NotificationConfig again;
  ASSERT_TRUE(MergeText(PrintText(config), "printed", again));
  EXPECT_EQ(again.SerializeAsString(), config.SerializeAsString());
}

TEST(Config, AMistakeNamesFileLineAndField) {
  config::v1::NotificationConfig config;
  const auto merged = MergeText("process {\n  kafka_broker: \"x:1\"\n}", "my.textproto", config);
  ASSERT_FALSE(merged);
  EXPECT_NE(merged.error().message.find("my.textproto:2:"), std::string::npos) << merged.error().message;
  EXPECT_NE(merged.error().message.find("kafka_broker"), std::string::npos) << merged.error().message;
}

TEST(Config, OverridesReachTheProcessTheServiceListsAndMaps) {
  auto config = Defaults();
  ASSERT_TRUE(Override("partitions=4", config));
  ASSERT_TRUE(Override("allowed_cidrs=127.0.0.0/8,::1/128", config));
  ASSERT_TRUE(Override("processed_by=segmentation", config));
  ASSERT_TRUE(Override("kafka_properties=ssl.ca.location:/etc/ca.pem", config));
  EXPECT_EQ(config.process().partitions(), 4);
  EXPECT_EQ(config.allowed_cidrs_size(), 2);
  ASSERT_EQ(config.process().processed_by_size(), 1);
  EXPECT_EQ(config.process().kafka_properties().at("ssl.ca.location"), "/etc/ca.pem");
}

TEST(Config, ImpossibleValuesNameTheirField) {
  const struct {
    const char* assignment;
    const char* field;
  } cases[] = {{"partitions=2000", "partitions"},
               {"partitions=four", "partitions"},
               {"memory_budget=12", "memory_budget"},
               {"memory_budget=1MiB", "memory_budget"},
               {"listen=7401", "listen"},
               {"clock=lunar", "clock"},
               {"log_level=loud", "log_level"},
               {"session_timeout_ms=1", "session_timeout_ms"},
               {"processed_by=billing", "processed_by"},
               {"installation=a b", "installation"},
               {"no_such=1", "no_such"},
               {"kafka_properties=sasl.password:x", "kafka_properties"},
               {"kafka_properties=sasl.password:env:MAINSTAY_NOT_SET", "kafka_properties"}};
  for (const auto& wrong : cases) {
    SCOPED_TRACE(wrong.assignment);
    auto config = Defaults();
    auto done = Override(wrong.assignment, config);
    if (done) {
      const auto settings = CheckSettings(config.process());
      ASSERT_FALSE(settings);
      done = tl::unexpected(settings.error());
    }
    EXPECT_EQ(done.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(done.error().field, wrong.field);
  }
}

}  // namespace
}  // namespace mainstay::app
