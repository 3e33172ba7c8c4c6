#include "application.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "commands.h"
#include "invocation.h"

namespace mainstay::cli {

int RunApplication(int argc, char** argv) {
  CLI::App app{"Mainstay: which clients matter most, when each must be spoken to, who is about to leave and why."};
  app.name("mainstay");
  app.require_subcommand(1);
  app.fallthrough();
  app.footer("`mainstay COMMAND --help` shows a command's options with an example.");
  app.set_version_flag("--version", MAINSTAY_VERSION);
  Invocation invocation;
  invocation.AddGlobalOptions(app);
  AddSegmentationCommands(app, invocation);
  AddCadenceCommands(app, invocation);
  AddEventCommands(app, invocation);
  AddNotificationCommands(app, invocation);
  AddImportCommand(app, invocation);
  AddRunCommand(app, invocation);
  AddDemoCommand(app, invocation);
  auto* help = app.add_subcommand("help", "Show this, or the help of a command");
  std::string topic;
  help->add_option("COMMAND", topic, "A command");
  try {
    app.parse(argc, argv);
    if (help->parsed()) {
      const CLI::App* asked = topic.empty() ? &app : app.get_subcommand(topic);
      std::printf("%s", asked->help().c_str());
      return kDone;
    }
  } catch (const CLI::CallForHelp& e) {
    return app.exit(e);
  } catch (const CLI::CallForVersion& e) {
    return app.exit(e);
  } catch (const CLI::Error& e) {
    app.exit(e);
    return kWrongUsage;
  }
  return invocation.RunChosen();
}

}  // namespace mainstay::cli
