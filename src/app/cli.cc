// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/cli.h"

#include "nfsieve/app/control_socket.h"

#include <CLI/CLI.hpp>
#include <ostream>

namespace nfsieve {

namespace {

constexpr int usage_error = 2;

/// All that the options write into.
struct Parsed {
    RunOptions run;
    std::string queue_range;
    CheckOptions check;
    ReplayOptions replay;
    std::vector<std::filesystem::path> replay_files;
    std::filesystem::path nft_config;
    StatusOptions status;
};

CLI::Option* config_option(CLI::App& command, std::filesystem::path& into) {
    return command.add_option("--config", into, "Configuration file (JSON)")->type_name("FILE");
}

CLI::Option* rules_option(CLI::App& command, std::vector<std::filesystem::path>& into) {
    return command.add_option("--rules", into, "Rule file, read after those of the configuration")
        ->type_name("FILE");
}

CLI::App* add_run(CLI::App& app, Parsed& parsed) {
    CLI::App* run = app.add_subcommand("run", "Judge the packets of the kernel's queues, in the foreground");
    config_option(*run, parsed.run.config)->required();
    rules_option(*run, parsed.run.rules);
    run->add_option("--queue-num", parsed.queue_range, "Queues instead of the configuration's, such as 0-3")
        ->type_name("N[-M]")
        ->check([](const std::string& text) {
            const auto range = parse_queue_range(text);
            return range ? std::string() : range.error().message;
        });
    run->footer("Logs to stderr, and prints a line with the word ready once packets are being judged.\n"
                "SIGHUP reloads the rules, SIGUSR1 writes the counters, SIGTERM and SIGINT end it.\n"
                "Example: nfsieve run --config /etc/nfsieve/nfsieve.json --queue-num 0-3");
    return run;
}

CLI::App* add_check(CLI::App& app, Parsed& parsed) {
    CLI::App* check =
        app.add_subcommand("check", "Load and compile all that run would, and say what is wrong");
    config_option(*check, parsed.check.config);
    check->add_flag("--json", parsed.check.json,
                    "Print one JSON object: loaded, refused, out_of_scope, errors");
    check
        ->add_option("--rules,RULES", parsed.check.rules, "Rule files, read after those of the configuration")
        ->type_name("FILE");
    check->footer("Exit status 0, or 1 where anything would keep run from starting.\n"
                  "Example: nfsieve check --config /etc/nfsieve/nfsieve.json new-rules.json");
    return check;
}

/// What is judged many times has not passed once.
void add_measuring(CLI::App& replay, ReplayOptions& options, CLI::Option& passed) {
    replay
        .add_option("--threads", options.threads,
                    "Measure: judge it from memory on so many threads, each with an engine of its own")
        ->type_name("N")
        ->check(CLI::Range(1, 1024))
        ->excludes(&passed);
    replay
        .add_option("--repeat", options.repeat,
                    "Measure: judge it from memory so many times on each thread, with new flows each time")
        ->type_name("K")
        ->check(CLI::Range(1, 1'000'000))
        ->excludes(&passed);
}

CLI::App* add_replay(CLI::App& app, Parsed& parsed) {
    CLI::App* replay =
        app.add_subcommand("replay", "Judge a capture (pcap or pcapng) by the capture's clock");
    config_option(*replay, parsed.replay.config);
    // One value each, so that the capture may follow; further rule files before it are told from it by place.
    rules_option(*replay, parsed.replay.rules)->allow_extra_args(false);
    replay->add_option("CAPTURE", parsed.replay_files, "The capture; files before it are further rule files")
        ->type_name("FILE")
        ->required();
    replay->add_option("--events", parsed.replay.events, "Write one JSON event a line there (- for stdout)")
        ->type_name("FILE");
    auto* passed = replay
                       ->add_option("--passed", parsed.replay.capture.passed,
                                    "Write the packets that would have passed there")
                       ->type_name("OUT.pcap");
    add_measuring(*replay, parsed.replay, *passed);
    static const std::map<std::string, ChecksumMode> modes{{"auto", ChecksumMode::automatic},
                                                           {"verify", ChecksumMode::verify},
                                                           {"ignore", ChecksumMode::ignore}};
    replay
        ->add_option("--checksums", parsed.replay.capture.checksums,
                     "Whether segments with a wrong checksum count as lost (default: auto)")
        ->transform(CLI::CheckedTransformer(modes))
        ->type_name("auto|verify|ignore")
        ->option_text("auto|verify|ignore");
    replay->add_flag(
        "--ignore-vlans", parsed.replay.capture.ignore_vlans,
        "Tell connections by their ends alone: for captures with VLAN tags on one direction only");
    replay->footer("Exit status 0 however many rules match; the summary goes to stderr.\n"
                   "Example: nfsieve replay --rules rules.json traffic.pcap --events -");
    return replay;
}

CLI::App* add_nft(CLI::App& app, Parsed& parsed) {
    CLI::App* nft = app.add_subcommand("nft", "Print the nftables rules for a configuration");
    config_option(*nft, parsed.nft_config);
    nft->footer("Example: nfsieve nft --config /etc/nfsieve/nfsieve.json | nft -f -");
    return nft;
}

CLI::App* add_status(CLI::App& app, Parsed& parsed) {
    CLI::App* status =
        app.add_subcommand("status", "Ask a running daemon how it is, and what became of every packet");
    auto* socket =
        status
            ->add_option("--socket", parsed.status.socket,
                         std::string("Its control socket (default: ") + default_control_socket + ")")
            ->type_name("PATH");
    config_option(*status, parsed.status.config)->excludes(socket);
    status->add_flag("--json", parsed.status.json, "Print one JSON object");
    status->footer("The first line says whether all is well. Exit status 0, or 1 where no daemon answers.\n"
                   "Example: nfsieve status --json");
    return status;
}

/// The last of the plain arguments is the capture.
void split_replay_files(Parsed& parsed) {
    parsed.replay.capture.file = parsed.replay_files.back();
    parsed.replay.rules.insert(parsed.replay.rules.end(), parsed.replay_files.begin(),
                               parsed.replay_files.end() - 1);
}

} // namespace

int run_cli(int argc, const char* const* argv, const CommandSet& commands, const Streams& streams) {
    Parsed parsed;
    CLI::App app("An inline payload firewall: nftables diverts TCP to a queue, nfsieve judges what is said.",
                 "nfsieve");
    app.set_version_flag("--version", version_text, "Print the versions of nfsieve and its libraries");
    app.require_subcommand(1);
    app.footer("Each command has a --help of its own.\nExample: nfsieve check rules.json");
    const CLI::App* run = add_run(app, parsed);
    const CLI::App* check = add_check(app, parsed);
    const CLI::App* replay = add_replay(app, parsed);
    add_nft(app, parsed);
    const CLI::App* status = add_status(app, parsed);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error, streams.out, streams.err) == 0 ? 0 : usage_error;
    }
    if (run->parsed()) {
        if (!parsed.queue_range.empty())
            parsed.run.queues = *parse_queue_range(parsed.queue_range);
        return commands.run(parsed.run);
    }
    if (check->parsed())
        return commands.check(parsed.check);
    if (replay->parsed()) {
        split_replay_files(parsed);
        return commands.replay(parsed.replay);
    }
    if (status->parsed())
        return commands.status(parsed.status);
    return commands.nft(parsed.nft_config);
}

} // namespace nfsieve
