#include "application.h"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "backtest/backtest_command.h"
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
  AddModelCommands(app, invocation);
  AddEventCommands(app, invocation);
  AddNotificationCommands(app, invocation);
  AddBacktestCommand(app, invocation);
  AddImportCommand(app, invocation);
  AddRunCommand(app, invocation);
  AddDemoCommand(app, invocation);
  AddTopicsCommands(app, invocation);
  AddUpkeepCommands(app, invocation);
  AddDocumentCommands(app, invocation);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& e) {
    return app.exit(e);
  } catch (const CLI::CallForVersion& e) {
    return app.exit(e);
  } catch (const CLI::RequiredError& e) {
    // The library asks for a subcommand even where one was given that does not exist.
    const bool unknown = app.get_subcommands().empty() && !app.remaining().empty();
    fmt::print(stderr, "mainstay: {} (`mainstay help` lists the commands, `mainstay COMMAND --help` the options)\n",
               unknown ? "there is no command '" + app.remaining().front() + "'" : e.what());
    return kWrongUsage;
  } catch (const CLI::Error& e) {
    fmt::print(stderr, "mainstay: {} (`mainstay help` lists the commands, `mainstay COMMAND --help` the options)\n",
               e.what());
    return kWrongUsage;
  }
  return invocation.RunChosen();
}

}  // namespace mainstay::cli
