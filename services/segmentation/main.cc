// The segmentation service as a process of its own, over Kafka.
#include <google/protobuf/message.h>

#include <memory>
#include <string>

#include "mainstay/app/run_service.h"
#include "mainstay/config/v1/segmentation.pb.h"
#include "mainstay/door/service_parts.h"
#include "module.h"
#include "state.h"

int main(int argc, char** argv) {
  return mainstay::app::RunService(
      argc, argv,
      {"segmentation", std::make_unique<mainstay::config::v1::SegmentationConfig>(),
       [](const std::string& prefix,
          const google::protobuf::Message&) -> mainstay::Result<mainstay::app::ServiceModule> {
         return mainstay::door::WithEventDoors(mainstay::segmentation::MakeSegmentationModule(prefix), prefix,
                                               mainstay::segmentation::kBooks);
       },
       mainstay::door::PublicEventFormat()});
}
