//! Failures of the device under the data file.

use std::path::Path;

use foldmark_harness::Watch;

use super::control::{Control, EIO, Order};
use super::witness::Witness;
use crate::server::{Launch, Server};

/// Data pages cannot be written: nothing happens, 50004, and all is well when it is over.
pub(super) fn data_write(binary: &Path, home: &Path) -> Result<String, String> {
    clean_failure(binary, home, Order::DataWrite)
}

/// Data pages cannot be synced. The system may have dropped them and say nothing a second time: what was in them must
/// not be taken for written later.
pub(super) fn data_sync(binary: &Path, home: &Path) -> Result<String, String> {
    clean_failure(binary, home, Order::DataSync)
}

fn clean_failure(binary: &Path, home: &Path, order: Order) -> Result<String, String> {
    let mut scene = Scene::new(binary, home)?;
    for _ in 0..3 {
        scene.control.set(order, EIO)?;
        scene.witness.write_in_vain(&scene.server, 20)?;
        scene.server.wait_ready(false)?;
        scene.control.lift()?;
        let watch = Watch::start();
        scene.server.wait_ready(true)?;
        if watch.seconds() > 30.0 {
            return Err(format!("ready again only after {:.1} s", watch.seconds()));
        }
        scene.witness.write_well(&scene.server, 20)?;
    }
    let struck = scene.control.count(order)?;
    scene.end(&format!(
        "three times in a row all writes 50004, nothing done, reads go on, not ready; then ready and writing without a \
         restart; {struck} operations failed"
    ))
}

/// A meta page cannot be written and is not on disk: whether the transaction happened has to be found out.
pub(super) fn meta_lost(binary: &Path, home: &Path) -> Result<String, String> {
    let mut scene = Scene::new(binary, home)?;
    let mut sums = (0, 0, 0);
    for repair in [0, EIO, 0, EIO] {
        scene.control.set(Order::RepairWrite, repair)?;
        open_failure(&mut scene, &mut sums)?;
    }
    scene.end(&open_story("lost", sums))
}

/// The write of a meta page fails, and the page is on disk all the same.
pub(super) fn meta_landed(binary: &Path, home: &Path) -> Result<String, String> {
    let mut scene = Scene::new(binary, home)?;
    let mut sums = (0, 0, 0);
    for repair in [EIO, 0, EIO, 0] {
        scene.control.set(Order::MetaLands, 1)?;
        scene.control.set(Order::RepairWrite, repair)?;
        open_failure(&mut scene, &mut sums)?;
    }
    scene.end(&open_story("landed", sums))
}

/// Meta pages fail while everyone writes. Whatever was answered must be true, while it lasts and after it is over.
fn open_failure(scene: &mut Scene, sums: &mut (u64, u64, u64)) -> Result<(), String> {
    scene.control.set(Order::MetaWrite, EIO)?;
    let seen = scene.witness.write(&scene.server, 10)?;
    if seen.done > 0 {
        return Err(format!("writes are acknowledged while meta pages cannot be written: {seen:?}"));
    }
    scene.server.wait_ready(false)?;
    scene.control.lift()?;
    scene.server.wait_ready(true)?;
    let found = scene.witness.check(&scene.server)?;
    scene.witness.write_well(&scene.server, 20)?;
    sums.0 += seen.failed;
    sums.1 += seen.unknown;
    sums.2 += found.landed;
    Ok(())
}

fn open_story(what: &str, (failed, unknown, landed): (u64, u64, u64)) -> String {
    format!(
        "four times meta pages failed and {what}: {failed} calls answered 50004 and not there, {unknown} answered 50005, of \
         which {landed} turned out to be there, whole; ready and writing again without a restart each time"
    )
}

/// Everything fails at once, for longer than one try, and the server is killed in the midst of it.
pub(super) fn everything(binary: &Path, home: &Path) -> Result<String, String> {
    let mut scene = Scene::new(binary, home)?;
    for order in [Order::DataWrite, Order::DataSync, Order::MetaWrite, Order::RepairWrite] {
        scene.control.set(order, EIO)?;
    }
    scene.witness.write_in_vain(&scene.server, 10)?;
    scene.control.set(Order::DataWrite, 0)?;
    scene.control.set(Order::DataSync, 0)?;
    let seen = scene.witness.write(&scene.server, 10)?;
    if seen.done > 0 {
        return Err(format!("acknowledged although no meta page can be written: {seen:?}"));
    }
    scene.control.lift()?;
    let text = format!(
        "killed while nothing could be written; {} calls had been left open; all acknowledged is there",
        seen.unknown
    );
    scene.end(&text)
}

/// Syncs take longer than a call may: 50005, and what was answered so turns out to have happened whole.
pub(super) fn slow(binary: &Path, home: &Path) -> Result<String, String> {
    let mut scene = Scene::new(binary, home)?;
    scene.control.set(Order::SyncMilliseconds, 10_000)?;
    let watch = Watch::start();
    let seen = scene.witness.write(&scene.server, 1)?;
    // Long before the disk is done.
    if watch.seconds() > 9.0 || seen.unknown == 0 {
        return Err(format!("answered after {:.1} s: {seen:?}", watch.seconds()));
    }
    scene.control.lift()?;
    std::thread::sleep(std::time::Duration::from_secs(11));
    let found = scene.witness.check(&scene.server)?;
    scene.witness.write_well(&scene.server, 20)?;
    scene.end(&format!(
        "{} calls answered 50005 after 3 s, {} of them happened, whole; then writing as before",
        seen.unknown, found.landed
    ))
}

/// A server with the library under it, and writers who have written.
struct Scene {
    launch: Launch,
    control: Control,
    server: Server,
    witness: Witness,
}

impl Scene {
    fn new(binary: &Path, home: &Path) -> Result<Scene, String> {
        let control = Control::new(home)?;
        let mut launch = Launch::new(binary, home);
        control.put_under(&mut launch);
        let server = launch.start()?;
        let mut witness = Witness::new();
        witness.write_well(&server, 20)?;
        Ok(Scene { launch, control, server, witness })
    }

    /// Kills the server, starts it again without faults, and compares once more.
    fn end(mut self, text: &str) -> Result<String, String> {
        self.server.kill()?;
        self.control.lift()?;
        let server = self.launch.start()?;
        self.witness.check(&server)?;
        self.witness.write_well(&server, 5)?;
        self.witness.check(&server)?;
        server.kill()?;
        Ok(text.to_owned())
    }
}
