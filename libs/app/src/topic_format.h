// EventFormat as the RecordFormat of an installation's topics.
#pragma once

#include <string>

#include "mainstay/app/event_format.h"
#include "mainstay/stream_kafka/wire_record.h"

namespace mainstay::app {

class TopicFormat final : public stream_kafka::RecordFormat {
 public:
  TopicFormat(std::string installation, EventFormat format)
      : prefix_(std::move(installation) + "."), format_(std::move(format)) {}

  // The public topics: those whose name has no further dot ("mainstay.churn-risk").
  bool AppliesTo(std::string_view topic) const override;
  void ToWire(std::string_view topic, stream_kafka::WireRecord& wire) const override;
  std::string FromWire(std::string_view topic, stream_kafka::WireRecord wire) const override;

 private:
  const std::string prefix_;
  const EventFormat format_;
};

}  // namespace mainstay::app
