//! The share of a CPU that a function of some memory size gets, held by a control group of this machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Lambda Developer Guide, "Configure Lambda function memory": CPU is in proportion, and this much is the equivalent of one.
const ONE_CPU: f64 = 1_769.0;
/// AWS does not say over which time a share is held. Others measured pauses that end with every 20 ms
/// (pwrdrvr/lambda-dispatch, issue 246).
const PERIOD: f64 = 20_000.0;

/// Part of a CPU.
pub(crate) fn of_memory(megabytes: u32) -> f64 {
    (f64::from(megabytes) / ONE_CPU).min(1.0)
}

/// A control group, which comes before everything else on the machine as long as it has something of its share left. It is
/// gone when this is dropped and all its processes have ended.
pub(crate) struct Share {
    group: PathBuf,
}

impl Share {
    pub(crate) fn of_memory(megabytes: u32) -> Self {
        let name = format!("physical-keys-{}-{megabytes}", std::process::id());
        let quota = format!("{:.0}", of_memory(megabytes) * PERIOD);
        // Version 1 has a hierarchy for each controller, version 2 one for all.
        let (one, two) = (Path::new("/sys/fs/cgroup/cpu"), Path::new("/sys/fs/cgroup"));
        let is_one = one.join("cpu.cfs_quota_us").exists() || one.join("cpu.cfs_period_us").exists();
        let group = if is_one { one.join(name) } else { two.join(name) };
        if !is_one {
            // It may be on already.
            let _ = fs::write(two.join("cgroup.subtree_control"), "+cpu");
        }
        fs::create_dir(&group).expect("a control group: this needs root");
        let share = Self { group };
        if is_one {
            share.write("cpu.cfs_period_us", &format!("{PERIOD:.0}"));
            share.write("cpu.cfs_quota_us", &quota);
            share.write("cpu.shares", "262144");
        } else {
            share.write("cpu.max", &format!("{quota} {PERIOD:.0}"));
            share.write("cpu.weight", "10000");
        }
        share
    }

    fn write(&self, file: &str, value: &str) {
        fs::write(self.group.join(file), value).expect("the group takes it");
    }

    /// Holds a process that runs.
    pub(crate) fn take(&self, process: u32) {
        self.write("cgroup.procs", &process.to_string());
    }

    /// Starts a program that is held from its first instruction on.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "echo $$ >\"$0\" && exec \"$1\""]);
        command.arg(self.group.join("cgroup.procs")).arg(program);
        command
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.group);
    }
}
