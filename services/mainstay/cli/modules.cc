#include "modules.h"

#include <utility>

#include "mainstay/door/event_door.h"
#include "services/cadence/module.h"
#include "services/notification/module.h"
#include "services/segmentation/module.h"
#include "services/segmentation/state.h"

namespace mainstay::cli {

std::vector<app::ServiceModule> MakeModules(const std::string& prefix, const std::filesystem::path& directory) {
  std::vector<app::ServiceModule> modules;
  modules.push_back(segmentation::MakeSegmentationModule(prefix));
  // The doors every server has hang on the first module.
  const auto segmentation_doors = modules.front().make_doors;
  door::EventDoorOptions options;
  options.prefix = prefix;
  options.books_table = segmentation::kBooks;
  options.services = {"segmentation", "cadence", "notification"};
  modules.front().make_doors = [segmentation_doors, options](const app::System& system) {
    return app::Together(segmentation_doors(system), door::MakeEventDoors(system, options));
  };
  modules.push_back(cadence::MakeCadenceModule(prefix));
  notification::NotificationOptions notification;
  notification.allowed_cidrs = {"127.0.0.0/8", "::1/128"};  // One machine: its own receivers may be reached.
  notification.secrets_key_file = directory / "webhook-secrets.key";
  modules.push_back(notification::MakeNotificationModule(prefix, std::move(notification)));
  return modules;
}

}  // namespace mainstay::cli
