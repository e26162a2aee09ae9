//! In which form the model is asked.

use crate::context::Purpose;
use crate::error::Result;
use crate::evaluate::{AdapterProbe, AnyMetric, usual_adapters};
use crate::module::Module;
use crate::optimize::driver::{Driver, Split};
use crate::signature::Row;

/// Rows that the form is chosen on.
const ROWS: usize = 8;

/// The most runs that it takes with so many validation rows.
pub(super) fn most(rows: usize) -> usize {
    usual_adapters().len() * ROWS.min(rows)
}

/// Runs the program on a few rows, which the baseline needs in any case; where replies cannot be read, tries the other forms
/// and goes on in the best.
pub(super) async fn choose<P: Module, R: Row>(
    driver: &mut Driver<'_, P, R>,
    metric: &AnyMetric<R, P::Output>,
) -> Result<()>
where
    R::Input: Into<P::Input>,
{
    let rows: Vec<usize> = (0..driver.validation.len().min(ROWS)).collect();
    let needed = rows.len() + most(rows.len());
    if driver.runs_left() < needed + driver.validation.len() {
        driver.step("the form is kept: the budget does not pay for a comparison".to_owned());
        return Ok(());
    }
    let judged = driver.run_all(driver.runs(&driver.program.state(), Split::Validation, &rows)?).await?;
    let unread = judged.iter().filter(|judged| judged.score.is_err()).count();
    if unread == 0 {
        driver.step(format!("the form is kept: all of {} replies could be read", rows.len()));
        return Ok(());
    }
    let cx = driver.context(Purpose::Task, None);
    let probe = AdapterProbe::new(metric.clone()).rows(rows.len());
    let found = probe.run(&cx, &driver.program, driver.validation).await?;
    let Some(best) = found.best().filter(|best| !best.current) else {
        driver.step(format!(
            "the form is kept: {unread} of {} runs failed, and no other form does better",
            rows.len()
        ));
        return Ok(());
    };
    driver.step(format!(
        "the form is `{}`: {unread} of {} runs failed, with it {:.2} are typed and the score is {:.2}",
        best.adapter,
        rows.len(),
        best.typed,
        best.score
    ));
    let adapter = usual_adapters().into_iter().find(|adapter| adapter.name() == best.adapter);
    adapter.map_or(Ok(()), |adapter| driver.ask_in(adapter))
}
