// The cadence service as a process of its own, over Kafka.
#include <google/protobuf/message.h>

#include <memory>
#include <string>

#include "mainstay/app/run_service.h"
#include "mainstay/config/v1/cadence.pb.h"
#include "mainstay/door/service_parts.h"
#include "module.h"
#include "state.h"

int main(int argc, char** argv) {
  return mainstay::app::RunService(
      argc, argv,
      {"cadence", std::make_unique<mainstay::config::v1::CadenceConfig>(),
       [](const std::string& prefix,
          const google::protobuf::Message&) -> mainstay::Result<mainstay::app::ServiceModule> {
         return mainstay::door::WithEventDoors(mainstay::cadence::MakeCadenceModule(prefix), prefix,
                                               mainstay::cadence::kBooks);
       },
       mainstay::door::PublicEventFormat()});
}
